//! The panel for a panic of the page's own code: it replaces the page and has everything to reproduce the panic. The hook
//! relies only on the document and on what was noted before. The panel needs none of our code: its links contain the files.
//!
//! A page that runs out of memory traps without a panic. For that [`prepare`] puts a panel into a template at the start, and
//! `boot.js` shows it.
//!
//! To show the panel, `?crash=test` in the address makes the next act on the cluster panic, `?crash=abort` makes it trap without a
//! panic, and `?crash=restore` makes the return of a kept run panic.

use std::cell::RefCell;

use wasm_bindgen::JsCast;
use web_sys::{Element, HtmlTemplateElement};

use super::run_sheet;
use crate::lab::scenario::MAX_UNTIL;
use crate::sim::SimDuration;
use crate::ui::browser;
use crate::ui::model::Action;
use crate::ui::storage::shelf::{RUN as OWN, Store};
use crate::ui::storage::{self, Kept};
use crate::ui::texts::{self, run};

/// How far the saved run extends beyond the last moment, so that it reaches the crash again, µs.
const BEYOND_US: u64 = 60_000_000;

#[derive(Default)]
struct Run {
    kept: Option<Kept>,
    now_us: u64,
    /// The action that was being reduced. Empty for a frame.
    attempt: String,
    /// The name under which this browser keeps the run, and its present text. `None` while it is not kept.
    place: Option<(&'static str, String)>,
}

thread_local! {
    static RUN: RefCell<Run> = RefCell::default();
}

/// Notes the run, after each change other than by time.
pub(crate) fn note(kept: Kept) {
    RUN.with_borrow_mut(|run| {
        run.now_us = kept.now_us;
        run.kept = Some(kept);
        run.attempt.clear();
    });
}

/// Notes a run before it is opened: from a link, a file or an earlier visit.
pub(crate) fn coming(kept: Kept) {
    place(None);
    note(kept);
}

/// Notes where the run is kept. The run before the last act is written only there.
pub(crate) fn place(place: Option<(&'static str, String)>) {
    RUN.with_borrow_mut(|run| run.place = place);
}

/// Notes the present moment.
pub(crate) fn moment(now_us: u64) {
    RUN.with_borrow_mut(|run| {
        run.now_us = now_us;
        run.attempt.clear();
    });
}

/// Notes the next action.
pub(crate) fn attempt(action: &Action) {
    if matches!(action, Action::Act(..) | Action::Do(..) | Action::Timings(..) | Action::Reading(_)) {
        RUN.with_borrow_mut(|run| run.attempt = format!("{action:?}"));
    }
}

/// Installs the panic hook.
pub(crate) fn watch() {
    yew::set_custom_panic_hook(Box::new(|info| {
        let said = info.payload();
        let said =
            said.downcast_ref::<&str>().map(|text| (*text).to_owned()).or(said.downcast_ref::<String>().cloned());
        let place = info.location().map(|at| format!("{}:{}", at.file(), at.line())).unwrap_or_default();
        let run = RUN.with(|run| run.try_borrow_mut().map(|mut run| std::mem::take(&mut *run)));
        let _ = show(&format!("{}\n{place}", said.unwrap_or_default()), run.unwrap_or_default());
    }));
}

/// Puts a panel into the document that `boot.js` shows if the page traps without a panic.
pub(crate) fn prepare() {
    let document = browser::document();
    let template = document.create_element("template").ok().and_then(|t| t.dyn_into::<HtmlTemplateElement>().ok());
    if let (Some(template), Some(body)) = (template, document.body()) {
        template.set_id("crash-panel");
        if let Some(panel) = panel("", Run::default(), texts::CRASH_STOPPED.get()) {
            let _ = template.content().append_child(&panel);
            let _ = body.append_child(&template);
        }
    }
}

fn show(report: &str, run: Run) -> Option<()> {
    let lead = if run.kept.is_some() { run::RUN_CRASH_LEAD.get() } else { texts::CRASH_LEAD.get() };
    let document = browser::document();
    document.document_element()?.set_attribute("data-crashed", "true").ok()?;
    document.body()?.append_child(panel(report, run, lead)?.as_ref()).ok()?;
    Some(())
}

/// Builds the panel of a report.
fn panel(report: &str, run: Run, lead: &str) -> Option<Element> {
    let Run { kept, now_us, attempt, place } = run;
    let document = browser::document();
    let add = |parent: &Element, tag: &str, text: &str| -> Option<Element> {
        let element = document.create_element(tag).ok()?;
        element.set_text_content(Some(text));
        parent.append_child(&element).ok()?;
        Some(element)
    };
    let link = |parent: &Element, text: &str, href: &str, test: &str| -> Option<Element> {
        let link = add(parent, "a", text)?;
        link.set_attribute("class", "btn").ok()?;
        link.set_attribute("href", href).ok()?;
        link.set_attribute("data-testid", test).ok()?;
        Some(link)
    };
    let panel = document.create_element("section").ok()?;
    panel.set_attribute("class", "crash").ok()?;
    panel.set_attribute("role", "alert").ok()?;
    panel.set_attribute("data-testid", "crash").ok()?;
    add(&panel, "h1", texts::CRASH_TITLE.get())?;
    add(&panel, "p", lead)?;
    let actions = add(&panel, "p", "")?;
    actions.set_attribute("class", "crash-actions").ok()?;
    let mut file = String::new();
    if let Some(kept) = kept {
        let mut whole = kept.run.clone();
        whole.until.0 = whole.until.0.max(SimDuration(now_us + BEYOND_US)).min(MAX_UNTIL);
        file = whole.to_json();
        // The run was noted before the action that panicked. Without an action, the last act is a part of it.
        let before = if attempt.is_empty() { kept.before_the_last_act() } else { kept };
        // Do not overwrite what another tab wrote there meanwhile.
        let place = place.filter(|(name, text)| browser::Kept.get(name).as_ref() == Some(text)).map(|(name, _)| name);
        let back = place.filter(|name| storage::write(&before).is_some_and(|text| browser::Kept.set(name, &text)));
        if let Some(name) = back.filter(|_| before.is_worth_it()) {
            let to = address((name != OWN).then_some("other"));
            link(&actions, run::RUN_CRASH_BACK.get(), &to, "crash-back")?.set_attribute("class", "btn primary").ok()?;
        }
        let save = link(&actions, run::RUN_CRASH_SAVE.get(), &storage::data_url(&file), "crash-save")?;
        save.set_attribute("download", run_sheet::FILE).ok()?;
    }
    link(&actions, run::RUN_CRASH_ANEW.get(), &address(Some("fresh")), "crash-fresh")?;
    let report = add(&panel, "pre", &format!("{report}\n{attempt}\n\n{file}"))?;
    report.set_attribute("tabindex", "0").ok()?;
    Some(panel)
}

/// Returns the page's address, with `extra` in its query and without the parts for this visit only.
fn address(extra: Option<&str>) -> String {
    let mut parts = browser::query();
    parts.retain(|part| part != "fresh" && part != "other" && !part.starts_with("crash="));
    parts.extend(extra.map(str::to_owned));
    format!("?{}", parts.join("&"))
}
