//! `ha-lab.html`: the site in one file that opens from `file://`, where module scripts, `fetch` and workers are refused.
//!
//! It is built from the output of Trunk and the files that `site::complete` adds. Style sheets and icon are inline, the glue of
//! wasm-bindgen is a classic script, the wasm is base64 of raw deflate that `static/boot.js` unpacks while it compiles,
//! lessons are data blocks, and a policy allows exactly these scripts and styles by their hashes.

use std::num::NonZeroU64;
use std::path::Path;

use crate::run::{self, Lab, Result, say};
use crate::site::{self, SINGLE, base64, integrity, quoted};
use crate::tools::read;

/// Writes the file beside the site's page. `profile` is the folder of cargo's output that the site's wasm comes from.
pub fn build(lab: &Lab, site: &Path, profile: &str) -> Result {
    let page = read(&site.join("index.html"))?;
    let script = tag(&page, "<script ", "</script>")?;
    let wasm_name = attribute(script, "data-wasm")?;
    let wasm = std::fs::read(site.join(wasm_name)).map_err(|error| format!("Cannot read {wasm_name}: {error}."))?;
    let parts = Parts {
        page: &page,
        glue: classic_glue(lab, profile)?,
        boot: read(&lab.root.join("static").join("boot.js"))?,
        styles: styles(site, &page)?,
        icon: read(&site.join("icons/icon.svg"))?,
        wasm: squeezed(&without_names(&wasm)?)?,
        assets: site::assets(site)?
            .into_iter()
            .map(|file| {
                let text = String::from_utf8(file.data).map_err(|_| format!("{} is not text.", file.path))?;
                Ok((file.path, text))
            })
            .collect::<Result<_>>()?,
    };
    let html = parts.assemble()?;
    site::write(&site.join(SINGLE), html.as_bytes())?;
    say(format!("  {SINGLE}: {} bytes, of which wasm {}", html.len(), parts.wasm.len()));
    Ok(())
}

/// Returns the glue for a page without modules. It matches the site's wasm only under the same name, because the wasm imports that name.
fn classic_glue(lab: &Lab, profile: &str) -> Result<String> {
    let out = lab.root.join("target").join("single");
    let wasm = lab.root.join("target").join("wasm32-unknown-unknown").join(profile).join("ha-lab-web.wasm");
    let mut bindgen = lab.command("wasm-bindgen");
    bindgen
        .args(["--target", "no-modules", "--no-typescript", "--out-name", "ha-lab-web", "--out-dir"])
        .arg(&out)
        .arg(&wasm);
    run::quiet("Glue for the single file", &mut bindgen, &lab.tools.join("log").join("single.log"))?;
    read(&out.join("ha-lab-web.js"))
}

/// Returns every style sheet of the page, in order.
fn styles(site: &Path, page: &str) -> Result<String> {
    let mut all = String::new();
    for link in page.split("<link ").skip(1).filter_map(|rest| rest.split('>').next()) {
        if link.contains("rel=\"stylesheet\"") {
            all += &read(&site.join(attribute(link, "href")?))?;
        }
    }
    if all.is_empty() { Err("index.html names no style sheet.".into()) } else { Ok(all) }
}

/// Returns the module without its custom sections: names of functions, the compiler's name.
fn without_names(wasm: &[u8]) -> Result<Vec<u8>> {
    let cut_short = || "The wasm is cut short.".to_owned();
    let mut out = wasm.get(..8).ok_or_else(cut_short)?.to_vec();
    let mut at = 8;
    while at < wasm.len() {
        let begin = at;
        let id = wasm[at];
        at += 1;
        let mut size = 0;
        for shift in (0..35).step_by(7) {
            let byte = *wasm.get(at).ok_or_else(cut_short)?;
            at += 1;
            size |= usize::from(byte & 0x7f) << shift;
            if byte < 0x80 {
                break;
            }
        }
        at += size;
        let section = wasm.get(begin..at).ok_or_else(cut_short)?;
        if id != 0 {
            out.extend_from_slice(section);
        }
    }
    Ok(out)
}

/// Compresses with zopfli: the smallest form that a browser can unpack.
fn squeezed(wasm: &[u8]) -> Result<String> {
    let mut out = Vec::new();
    let options = zopfli::Options { iteration_count: NonZeroU64::new(5).expect("not 0"), ..Default::default() };
    zopfli::compress(options, zopfli::Format::Deflate, wasm, &mut out)
        .map_err(|error| format!("Cannot compress the wasm: {error}."))?;
    Ok(base64(&out))
}

struct Parts<'a> {
    page: &'a str,
    glue: String,
    boot: String,
    styles: String,
    icon: String,
    wasm: String,
    assets: Vec<(String, String)>,
}

impl Parts<'_> {
    fn assemble(&self) -> Result<String> {
        for (what, text, end) in
            [("glue", &self.glue, "</script"), ("boot.js", &self.boot, "</script"), ("styles", &self.styles, "</style")]
        {
            if text.contains(end) || text.contains("<!--") {
                return Err(format!("The {what} cannot stand in a page: it has {end} or an HTML comment."));
            }
        }
        let hash = |text: &String| integrity(text.as_bytes());
        let policy = format!(
            "default-src 'none'; script-src '{}' '{}' 'wasm-unsafe-eval'; style-src '{}'; style-src-attr 'unsafe-inline'; \
             img-src data:; base-uri 'none'; form-action 'none'",
            hash(&self.glue),
            hash(&self.boot),
            hash(&self.styles)
        );
        let mut head = format!(
            "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
             <meta http-equiv=\"Content-Security-Policy\" content=\"{policy}\">\n"
        );
        for name in ["viewport", "color-scheme", "referrer", "description"] {
            let (_, rest) =
                self.page.split_once(&format!("<meta name=\"{name}\"")).ok_or(format!("No meta {name}."))?;
            head += &format!("<meta name=\"{name}\"{}>\n", rest.split('>').next().unwrap_or_default());
        }
        let title = tag(self.page, "<title>", "</title>")?;
        let body = tag(self.page, "<body>", "</body>")?;
        let icon = base64(self.icon.as_bytes());
        let mut html = format!(
            "{head}{title}\n<link rel=\"icon\" type=\"image/svg+xml\" href=\"data:image/svg+xml;base64,{icon}\">\n\
             <style>{}</style>\n<script>{}</script>\n<script>{}</script>\n</head>\n{}",
            self.styles,
            self.boot,
            self.glue,
            body.trim_end_matches("</body>")
        );
        for (path, text) in &self.assets {
            html += &format!("<script type=\"application/json\" id=\"asset:{path}\">{}</script>\n", quoted(text));
        }
        html += &format!(
            "<script type=\"application/octet-stream\" id=\"wasm\">{}</script>\n</body>\n</html>\n",
            self.wasm
        );
        Ok(html)
    }
}

/// Returns the part from the first `open` to the end of the next `close`.
fn tag<'a>(page: &'a str, open: &str, close: &str) -> Result<&'a str> {
    let from = page.find(open).ok_or_else(|| format!("index.html has no {open}."))?;
    let to = page[from..].find(close).ok_or_else(|| format!("index.html has no {close} after {open}."))?;
    Ok(&page[from..from + to + close.len()])
}

fn attribute<'a>(tag: &'a str, name: &str) -> Result<&'a str> {
    let (_, rest) = tag.split_once(&format!("{name}=\"")).ok_or_else(|| format!("<{tag}> has no {name}."))?;
    let value = rest.split('"').next().unwrap_or_default();
    Ok(value.strip_prefix("./").unwrap_or(value))
}

#[cfg(test)]
mod tests {
    use super::*;

    const PAGE: &str = "<!doctype html><html lang=\"en\"><head><meta name=\"viewport\" content=\"v\">\
        <meta name=\"color-scheme\" content=\"light dark\"><meta name=\"referrer\" content=\"no-referrer\"><meta name=\"description\" content=\"d\"><title>HA Lab</title>\
        </head><body><div id=\"app\"></div></body></html>";

    fn parts() -> Parts<'static> {
        Parts {
            page: PAGE,
            glue: "let wasm_bindgen;".into(),
            boot: "start();".into(),
            styles: "p{}".into(),
            icon: "<svg/>".into(),
            wasm: "AAAA".into(),
            assets: vec![("lessons/en/a.json".into(), "{\"a\": \"</script>\"}".into())],
        }
    }

    #[test]
    fn the_policy_allows_what_stands_in_the_file_and_nothing_else() {
        let html = parts().assemble().unwrap();
        let policy = attribute(tag(&html, "<meta http-equiv", ">").unwrap(), "content").unwrap().to_owned();
        for text in ["let wasm_bindgen;", "start();", "p{}"] {
            assert!(policy.contains(&integrity(text.as_bytes())), "{policy}");
        }
        assert!(!policy.contains("'self'") && !policy.contains("script-src 'unsafe-inline'"), "{policy}");
        assert!(html.contains("<meta name=\"referrer\" content=\"no-referrer\">"), "{html}");
        assert!(!html.contains("src=\"") && !html.contains("rel=\"stylesheet\""), "{html}");
    }

    #[test]
    fn a_lesson_cannot_end_its_block() {
        let html = parts().assemble().unwrap();
        assert!(html.contains(r#"id="asset:lessons/en/a.json">"{\"a\": \"\u003c/script>\"}"</script>"#), "{html}");
        assert_eq!(html.matches("</script>").count(), 4);
    }

    #[test]
    fn what_would_end_a_script_is_refused() {
        let bad = Parts { boot: "x = '</script>'".into(), ..parts() };
        assert!(bad.assemble().unwrap_err().contains("boot.js"));
    }

    #[test]
    fn the_module_loses_its_custom_sections_and_nothing_else() {
        let head = b"\0asm\x01\0\0\0";
        let whole = [head.as_slice(), &[1, 2, 9, 9], &[0, 0x83, 0, 1, b'n', 7], &[10, 1, 5]].concat();
        assert_eq!(without_names(&whole).unwrap(), [head.as_slice(), &[1, 2, 9, 9], &[10, 1, 5]].concat());
        assert!(without_names(&whole[..whole.len() - 1]).unwrap_err().contains("cut short"));
        assert!(without_names(b"\0asm").is_err());
    }

    #[test]
    fn attributes_are_found() {
        assert_eq!(attribute("<script data-wasm=\"./a_bg.wasm\">", "data-wasm").unwrap(), "a_bg.wasm");
        assert!(attribute("<script>", "data-wasm").is_err());
    }
}
