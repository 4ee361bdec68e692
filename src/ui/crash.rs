//! A panic of the page's own code: shown instead of the page, with what is needed to see it again. The hook may rely on
//! nothing but the document, for the rest of the program is in an unknown state.

use std::cell::RefCell;

use web_sys::Element;

use super::{browser, texts};

#[derive(Default)]
struct Run {
    seed: u64,
    commands: Vec<String>,
}

thread_local! {
    static RUN: RefCell<Run> = RefCell::default();
}

/// Notes what a report of a crash should say.
pub fn note(seed: u64, commands: &[String]) {
    RUN.with_borrow_mut(|run| {
        run.seed = seed;
        if run.commands.as_slice() != commands {
            run.commands = commands.to_vec();
        }
    });
}

/// From now on a panic is shown in the page.
pub fn watch() {
    std::panic::set_hook(Box::new(|info| {
        let said = info.payload();
        let said =
            said.downcast_ref::<&str>().map(|text| (*text).to_owned()).or(said.downcast_ref::<String>().cloned());
        let place = info.location().map(|at| format!("{}:{}", at.file(), at.line())).unwrap_or_default();
        let run = RUN.with(|run| run.try_borrow().map(|run| format!("seed {}\n{}", run.seed, run.commands.join("\n"))));
        let report = format!("{}\n{place}\n\n{}", said.unwrap_or_default(), run.unwrap_or_default());
        let _ = show(&report);
    }));
}

fn show(report: &str) -> Option<()> {
    let document = browser::document();
    let add = |parent: &Element, tag: &str, text: &str| -> Option<Element> {
        let element = document.create_element(tag).ok()?;
        element.set_text_content(Some(text));
        parent.append_child(&element).ok()?;
        Some(element)
    };
    let panel = document.create_element("section").ok()?;
    panel.set_attribute("class", "crash").ok()?;
    panel.set_attribute("role", "alert").ok()?;
    panel.set_attribute("data-testid", "crash").ok()?;
    add(&panel, "h1", texts::CRASH_TITLE.get())?;
    add(&panel, "p", texts::CRASH_LEAD.get())?;
    let report = add(&panel, "pre", report)?;
    report.set_attribute("tabindex", "0").ok()?;
    // A link to the page itself: reloading it needs none of our code.
    let reload = add(&panel, "a", texts::CRASH_RELOAD.get())?;
    reload.set_attribute("class", "btn primary").ok()?;
    reload.set_attribute("href", "?").ok()?;
    document.document_element()?.set_attribute("data-crashed", "true").ok()?;
    document.body()?.append_child(&panel).ok()?;
    Some(())
}
