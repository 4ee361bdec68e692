//! The browsers that the tests run in: Chromium with its chromedriver, and Firefox. Finds them, installs them with apt-get, or
//! says how to install them.

use std::env;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::run::{self, Lab, Result, is_executable, say};
use crate::tools::version_in;

const CHROMES: &[&str] = &["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"];
const DRIVERS: &[&str] = &["chromedriver", "/usr/lib/chromium/chromedriver", "/usr/lib/chromium-browser/chromedriver"];
/// Without a font a page shows only boxes; Debian's chromium package merely recommends this one.
const DEBIAN: &[&str] = &["chromium", "chromium-driver", "fonts-liberation"];

const FIREFOXES: &[&str] = &["firefox-esr", "firefox"];

pub struct Browser {
    pub chrome: PathBuf,
    pub driver: PathBuf,
}

/// Finds the browser, or installs it if that is possible without asking the user.
pub fn ensure(lab: &Lab) -> Result<Browser> {
    let missing = match find(lab)? {
        (Some(chrome), Some(driver)) => return matching(lab, Browser { chrome, driver }),
        (chrome, driver) => missing_words(chrome.is_none(), driver.is_none()),
    };
    install(lab, missing, DEBIAN)?;
    match find(lab)? {
        (Some(chrome), Some(driver)) => matching(lab, Browser { chrome, driver }),
        (chrome, driver) => Err(format!(
            "apt-get installed {} and still there is no {} on PATH.",
            DEBIAN.join(" "),
            missing_words(chrome.is_none(), driver.is_none())
        )),
    }
}

/// Finds or installs Chromium, which is enough if nothing drives it by WebDriver.
pub fn chromium(lab: &Lab) -> Result<PathBuf> {
    match find_one(lab, "CHROME", CHROMES)? {
        Some(chrome) => Ok(chrome),
        None => ensure(lab).map(|browser| browser.chrome),
    }
}

/// Finds or installs Firefox in the same way. It needs no driver, because the tests use WebDriver BiDi.
pub fn firefox(lab: &Lab) -> Result<PathBuf> {
    let find = || find_one(lab, "FIREFOX", FIREFOXES);
    if let Some(file) = find()? {
        return Ok(file);
    }
    install(lab, "Firefox", &FIREFOXES[..1])?;
    find()?.ok_or_else(|| "apt-get installed firefox-esr and still there is no Firefox on PATH.".to_owned())
}

/// Prints which browser is installed, for `cargo xtask setup`.
pub fn report(lab: &Lab, browser: &Browser) {
    for (name, file) in [("browser", &browser.chrome), ("chromedriver", &browser.driver)] {
        let version = lab.ask(file, &["--version"]).as_deref().and_then(version_in).unwrap_or_default();
        say(format!("  {name:<13} {version:<34} {}", file.display()));
    }
}

fn find(lab: &Lab) -> Result<(Option<PathBuf>, Option<PathBuf>)> {
    Ok((find_one(lab, "CHROME", CHROMES)?, find_one(lab, "CHROMEDRIVER", DRIVERS)?))
}

fn find_one(lab: &Lab, variable: &str, names: &[&str]) -> Result<Option<PathBuf>> {
    if let Some(given) = env::var_os(variable).filter(|value| !value.is_empty()) {
        let file = PathBuf::from(&given);
        let file = if file.is_absolute() { Some(file) } else { lab.which(&given.to_string_lossy()) };
        return match file.filter(|file| is_executable(file)) {
            Some(file) => Ok(Some(file)),
            None => Err(format!("{variable} is set to {}, which is no program.", Path::new(&given).display())),
        };
    }
    Ok(names.iter().find_map(|name| lab.which(name)))
}

/// Checks the versions: a chromedriver works only with a browser of the same major version.
fn matching(lab: &Lab, browser: Browser) -> Result<Browser> {
    let major = |file: &Path| lab.ask(file, &["--version"]).as_deref().and_then(version_in).and_then(major_of);
    match (major(&browser.chrome), major(&browser.driver)) {
        (Some(chrome), Some(driver)) if chrome != driver => Err(format!(
            "{} is version {chrome} but {} is version {driver}; they must be equal. \
             Install the driver of the browser, or name a pair by CHROME=... and CHROMEDRIVER=...",
            browser.chrome.display(),
            browser.driver.display()
        )),
        (None, _) => Err(format!("{} does not run: try `{0} --version`.", browser.chrome.display())),
        (_, None) => Err(format!("{} does not run: try `{0} --version`.", browser.driver.display())),
        _ => Ok(browser),
    }
}

fn major_of(version: String) -> Option<u32> {
    version.split('.').next()?.parse().ok()
}

fn missing_words(chrome: bool, driver: bool) -> &'static str {
    match (chrome, driver) {
        (true, true) => "Chromium and chromedriver",
        (true, false) => "Chromium",
        _ => "chromedriver",
    }
}

/// How this user may install packages on this system.
#[derive(Debug, PartialEq, Eq)]
enum Way {
    Root,
    Sudo,
    /// Not at all: the command for a user who may.
    Explain(&'static str),
}

fn install(lab: &Lab, missing: &str, packages: &[&str]) -> Result {
    let may_sudo = || lab.which("sudo").is_some() && lab.ask("sudo", &["-n", "true"]).is_some();
    let root = lab.ask("id", &["-u"]).as_deref() == Some("0");
    let manager =
        ["apt-get", "dnf", "pacman", "zypper", "apk", "brew"].into_iter().find(|name| lab.which(name).is_some());
    let way = way(manager, root, may_sudo);
    if let Way::Explain(command) = way {
        return Err(explain(missing, command));
    }
    let log = lab.tools.join("log").join("browser.log");
    let apt = |args: &[&str]| {
        let mut command: Command = lab.command(if way == Way::Sudo { "sudo" } else { "env" });
        command.args(if way == Way::Sudo { &["-n", "env"][..] } else { &[] });
        command.args(["DEBIAN_FRONTEND=noninteractive", "apt-get", "-o", "DPkg::Lock::Timeout=300"]).args(args);
        command.stdin(Stdio::null());
        command
    };
    // Continue after a failed update: the package lists may be good enough.
    let _ = run::quiet("Asking apt-get for the newest lists", &mut apt(&["update"]), &log);
    let mut args = vec!["install", "-y", "--no-install-recommends"];
    args.extend(packages);
    run::quiet(&format!("Installing {missing} by apt-get"), &mut apt(&args), &log)
        .map_err(|error| format!("{error}\n{}", explain(missing, APT)))
}

const APT: &str =
    "sudo apt-get update && sudo apt-get install -y chromium chromium-driver fonts-liberation firefox-esr";

fn way(manager: Option<&str>, root: bool, may_sudo: impl Fn() -> bool) -> Way {
    match manager {
        Some("apt-get") if root => Way::Root,
        Some("apt-get") if may_sudo() => Way::Sudo,
        Some("apt-get") => Way::Explain(APT),
        Some("dnf") => Way::Explain("sudo dnf install chromium chromedriver firefox"),
        Some("pacman") => Way::Explain("sudo pacman -S chromium firefox"),
        Some("zypper") => Way::Explain("sudo zypper install chromium chromedriver MozillaFirefox"),
        Some("apk") => Way::Explain("sudo apk add chromium chromium-chromedriver firefox-esr"),
        Some("brew") => Way::Explain("brew install --cask google-chrome chromedriver firefox"),
        _ => Way::Explain(""),
    }
}

fn explain(missing: &str, command: &str) -> String {
    let how = if command.is_empty() {
        "Install them by your system's package manager".to_owned()
    } else {
        format!("Install with: `{command}`")
    };
    format!(
        "The browser tests need {missing}, and xtask may not install system packages here. {how}. \
         If you have them elsewhere, name them: CHROME=/path/to/chrome CHROMEDRIVER=/path/to/chromedriver FIREFOX=/path/to/firefox."
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_apt_as_root_or_with_sudo_is_run_for_the_user() {
        assert_eq!(way(Some("apt-get"), true, || false), Way::Root);
        assert_eq!(way(Some("apt-get"), false, || true), Way::Sudo);
        assert_eq!(way(Some("apt-get"), false, || false), Way::Explain(APT));
        assert!(matches!(way(Some("dnf"), true, || true), Way::Explain(text) if text.contains("dnf install")));
        assert_eq!(way(None, true, || true), Way::Explain(""));
    }

    #[test]
    fn the_message_names_what_is_missing_and_the_command() {
        let text = explain(missing_words(false, true), APT);
        assert!(text.contains("need chromedriver") && text.contains("apt-get install -y chromium"), "{text}");
        assert!(explain("Chromium", "").contains("package manager"));
    }

    #[test]
    fn debian_prints_a_version_that_is_read() {
        let text = "ChromeDriver 156.0.8078.79 (abc-refs/heads/main@{#1})";
        assert_eq!(version_in(text).and_then(major_of), Some(156));
    }
}
