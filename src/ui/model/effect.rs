//! What the model asks of the browser, as data. [`Model::reduce`](super::Model::reduce) collects it, the page performs it after
//! each action (`ui/page/perform.rs`), and tests read it.

use super::{KeptAct, Name};
use crate::ui::embed::protocol::Event;
use crate::ui::learn::state::Source;

/// One thing that the browser has to do.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Effect {
    /// Copies a text to the clipboard, then announces `said`, or that the browser refused.
    Copy { text: Name, said: Name },
    /// Copies a link to this moment: the page's address with this fragment. `travels` keeps the part of the query that names a
    /// lesson which is not in the list.
    CopyLink { fragment: String, travels: bool },
    /// Saves a text as a JSON file of this name.
    Save { name: Name, text: String },
    /// Remembers a choice for the next visit.
    Remember { key: &'static str, value: &'static str },
    /// Shows the page in dark or light colours.
    Theme { dark: bool },
    /// Changes the address, without loading anything.
    Address(String),
    /// Sends a message to the page that embeds this one.
    Tell(Event),
    /// Acts on a kept run.
    Kept(KeptAct),
    /// Loads the list of lessons.
    LoadList,
    /// Loads the text of a lesson from this path.
    Load(Source, String),
    /// Reads the kept progress of these lessons.
    RecallProgress(Vec<Name>),
    /// Keeps a lesson's progress.
    KeepProgress(Name, String),
    /// Forgets a lesson's progress.
    ForgetProgress(Name),
    /// Sets a lesson's kept progress aside, because it cannot be read.
    SetAside(Name),
    /// Moves the focus. With `lost`, only if nothing has it.
    Focus { css: &'static str, lost: bool },
    /// Scrolls to this part of the lesson.
    Reveal(&'static str),
    /// Points at the first of these controls that exists.
    Point(Vec<String>),
}

impl Effect {
    /// Whether it concerns what the page shows, and so waits until that is drawn.
    pub(crate) fn waits_for_the_page(&self) -> bool {
        matches!(self, Effect::Focus { .. } | Effect::Reveal(_) | Effect::Point(_))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lab::session::Session;
    use crate::lab::view::{Setup, Verb};
    use crate::ui::model::share::Step;
    use crate::ui::model::{Action, Model};

    fn of(model: &mut Model, actions: Vec<Action>) -> Vec<Effect> {
        model.take_effects();
        for action in actions {
            model.reduce(action);
        }
        model.take_effects()
    }

    /// Guards that what the browser must do leaves the model as data, once for each action.
    #[test]
    fn an_action_says_what_the_browser_must_do() {
        let check = |actions: Vec<Action>, expect: Vec<Effect>| {
            let mut model = Model::new(Session::new(), true, true);
            assert_eq!(of(&mut model, actions.clone()), expect, "{actions:?}");
        };
        let remember = |key, value| Effect::Remember { key, value };
        check(vec![Action::Frame(0.0), Action::Frame(16.0)], vec![]);
        check(vec![Action::Theme, Action::Theme], vec![Effect::Theme { dark: true }, Effect::Theme { dark: false }]);
        check(vec![Action::DismissHint], vec![remember("hint", "done")]);
        check(vec![Action::SingleKeys(false)], vec![remember("keys", "off")]);
        check(vec![Action::Copy("a".into(), "b".into())], vec![Effect::Copy { text: "a".into(), said: "b".into() }]);
        check(vec![Action::Kept(KeptAct::Forget("run".into()))], vec![Effect::Kept(KeptAct::Forget("run".into()))]);
        let playing = |on| Effect::Tell(Event::Playing(on));
        check(vec![Action::PlayPause, Action::Play(false), Action::Play(true)], vec![playing(false), playing(true)]);
        check(vec![Action::Reset(Setup::default()), Action::Select(None)], vec![]);
    }

    #[test]
    fn the_first_takeover_after_the_hint_is_remembered_once() {
        let mut model = Model::new(Session::new(), true, true);
        let leader = model.leader_host().expect("somebody leads");
        let mut actions = vec![Action::Act(leader, Verb::PowerOff), Action::Speed(4)];
        actions.extend((0..20).map(|frame| Action::Frame(f64::from(frame) * 16.0)));
        assert_eq!(of(&mut model, actions), [Effect::Remember { key: "hint", value: "done" }]);
    }

    #[test]
    fn a_moment_leaves_as_a_link_and_as_a_file() {
        let mut model = Model::new(Session::new(), false, true);
        let effects = of(&mut model, vec![Action::Share(Step::CopyLink), Action::Share(Step::SaveFile)]);
        let [Effect::CopyLink { fragment, travels: false }, Effect::Save { name, text }] = &effects[..] else {
            panic!("{effects:?}")
        };
        assert!(fragment.starts_with("#1."), "{fragment}");
        assert!(name.ends_with(".json") && text.starts_with('{'), "{name}: {text}");
    }

    /// Guards the messages that docs/embedding.md promises after `load`.
    #[test]
    fn an_opened_link_is_told_to_the_page_around_and_needs_no_notice_there() {
        let mut sent = Model::new(Session::new(), false, true);
        sent.reduce(Action::Act("master-1".into(), Verb::PowerOff));
        let link = || Box::new(sent.moment());
        for embedded in [false, true] {
            let mut model = Model::new(Session::new(), false, true);
            model.page.embedded = embedded;
            let effects = of(&mut model, vec![Action::Share(Step::Open(link()))]);
            let ready = |effect: &&Effect| matches!(effect, Effect::Tell(Event::Ready { .. }));
            assert_eq!(effects.iter().filter(ready).count(), 1, "{effects:?}");
            assert_eq!(model.share.notice.is_none(), embedded, "{:?}", model.share.notice);
        }
    }
}
