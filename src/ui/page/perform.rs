//! Performs the model's effects in the browser.

use crate::ui::browser::{self, bridge};
use crate::ui::learn::effects as lesson;
use crate::ui::model::share::Step;
use crate::ui::model::{Action, Dispatch, Effect, Model};
use crate::ui::storage::saver::Saver;
use crate::ui::{embed, learn, texts};

/// Performs an effect that does not wait for the page.
pub(crate) fn now(effect: Effect, model: &mut Model, saver: &mut Saver, dispatch: &Dispatch) {
    match effect {
        Effect::Copy { text, said } => {
            let dispatch = dispatch.clone();
            bridge::copy(&text, move |copied| {
                let refused = || texts::inspector::INSPECTOR_COPY_REFUSED.get().into();
                dispatch.emit(Action::Say(if copied { said } else { refused() }));
            });
        }
        Effect::CopyLink { fragment, travels } => {
            let query = if travels { learn::route::travelling(&browser::query()) } else { String::new() };
            let link = format!("{}{query}{fragment}", bridge::address().0);
            let dispatch = dispatch.clone();
            bridge::copy(&link.clone(), move |copied| {
                let link = link.into();
                dispatch.emit(Action::Share(if copied { Step::Copied(link) } else { Step::Refused(link) }));
            });
        }
        Effect::Save { name, text } => bridge::save(&name, &text, "application/json"),
        Effect::Remember { key, value } => browser::remember(key, value),
        Effect::Theme { dark } => {
            let theme = if dark { "dark" } else { "light" };
            browser::mark_root("data-theme", Some(theme));
            browser::remember("theme", theme);
        }
        Effect::Address(fragment) => browser::readdress(&fragment),
        Effect::Tell(event) => embed::tell(&event),
        Effect::Kept(act) => saver.perform(model, &act, dispatch),
        Effect::LoadList => lesson::load_list(bridge::language(), dispatch.clone()),
        Effect::Load(source, path) => lesson::load(source, &path, dispatch.clone()),
        Effect::RecallProgress(ids) => lesson::recall(ids, dispatch),
        Effect::KeepProgress(id, text) => lesson::keep(&id, &text),
        Effect::ForgetProgress(id) => lesson::forget(&id),
        Effect::SetAside(id) => lesson::set_aside(&id),
        Effect::Focus { .. } | Effect::Reveal(_) | Effect::Point(_) => debug_assert!(false, "it waits for the page"),
    }
}

/// Performs the effects that waited for the page, which is drawn now.
pub(crate) fn once_drawn(effects: Vec<Effect>) {
    let mut revealed = None;
    for effect in effects {
        match effect {
            Effect::Focus { css, lost } => lesson::focus(css, lost),
            Effect::Point(all) => lesson::point(&all),
            Effect::Reveal(css) => revealed = Some(css),
            _ => {}
        }
    }
    // After the focus, which also scrolls.
    if let Some(css) = revealed {
        lesson::reveal(css);
    }
}
