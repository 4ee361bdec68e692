//! Moments that leave the page and come back: as a link, as a file, and from a page that embeds this one. `State` has the
//! notices; the browser's part is in `ui/page/share_notices.rs`.

use super::{Action, Effect, Model};
use crate::lab::i18n::{Text, plural};
use crate::lab::link::{self, Link};
use crate::lab::view::Name;
use crate::ui::learn::state as learn;
use crate::ui::texts::{self, delivery};
use crate::ui::widgets::format;

/// Notices about links and files.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct State {
    pub(crate) notice: Option<Notice>,
    /// Set if a new build is waiting.
    pub(crate) update: bool,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Notice {
    /// Reports a success.
    Done(Name),
    /// Reports an error.
    Wrong(Name),
    /// The browser refused to copy this link.
    Field { text: Name, link: Name },
}

#[derive(Clone, Debug, PartialEq)]
pub enum Step {
    /// The link (its whole address) was copied.
    Copied(Name),
    Refused(Name),
    /// Copies a link to this moment.
    CopyLink,
    /// Saves this moment as a file.
    SaveFile,
    /// Opens a moment from a link or another page.
    Open(Box<Link>),
    /// Opens a moment from a file that the learner chose.
    File(Box<Link>),
    /// The page was opened by a link that cannot be read.
    WrongLink(Name),
    /// The address was changed to one that cannot be read.
    WrongNextLink(Name),
    WrongFile(Name),
    Dismiss,
    Update,
}

pub(crate) fn reduce(model: &mut Model, step: Step) {
    let reason = |text: Text, reason: &Name| Notice::Wrong(text.with(&[("reason", reason)]).into());
    let notice = match step {
        Step::Copied(link) => {
            let text = moment(model, delivery::SHARE_COPIED, model.view.now_us, link.chars().count());
            Notice::Done(text.into())
        }
        Step::Refused(link) => Notice::Field { text: delivery::SHARE_REFUSED.get().into(), link },
        Step::CopyLink => match link::encode(&model.moment()) {
            Err(why) => reason(delivery::SHARE_TOO_LONG, &why.to_string().into()),
            Ok(fragment) => {
                // A lesson of the learner's own is named by the query alone.
                let travels = model.in_lesson() && model.learn.running.as_ref().is_some_and(|running| !running.listed);
                return model.ask(Effect::CopyLink { fragment, travels });
            }
        },
        Step::SaveFile => {
            let name: Name = file_name(model).into();
            model.ask(Effect::Save { name: name.clone(), text: link::to_file(&model.moment()) });
            Notice::Done(delivery::SHARE_SAVED.with(&[("name", &name)]).into())
        }
        Step::Open(link) | Step::File(link) if link.place.is_some() => return open_lesson(model, link),
        Step::Open(link) | Step::File(link) => {
            let at = model.open(&link);
            // No notice for a lesson, for the page's default start, or for a fault, which has its own.
            if !link.is_moment() || model.fault.is_some() {
                model.share.notice = None;
                return;
            }
            Notice::Done(moment(model, delivery::SHARE_OPENED, at, 0).into())
        }
        Step::WrongLink(why) => reason(delivery::SHARE_WRONG_LINK, &why),
        Step::WrongNextLink(why) => reason(delivery::SHARE_WRONG_NEXT_LINK, &why),
        Step::WrongFile(why) => reason(delivery::SHARE_WRONG_FILE, &why),
        Step::Dismiss => {
            model.share.notice = None;
            return;
        }
        Step::Update => {
            model.share.update = true;
            model.said = delivery::UPDATE_HERE.get().into();
            return;
        }
    };
    model.said = match &notice {
        Notice::Done(text) | Notice::Wrong(text) | Notice::Field { text, .. } => text.clone(),
    };
    model.share.notice = Some(notice);
}

/// Opens a link to a beat, and to a moment of it if it has acts.
fn open_lesson(model: &mut Model, link: Box<Link>) {
    let Some(place) = link.place.clone() else { return };
    let moment = Some(link).filter(|link| link.is_moment());
    let (id, beat) = (place.lesson.into(), Some(place.beat));
    model.change(Action::Learn(learn::Step::Open { id, beat, moment }));
}

/// Returns the notice of a moment, with the number of the branch's acts.
fn moment(model: &Model, text: Text, at_us: u64, length: usize) -> String {
    let setup = &model.view.setup;
    let acts = model.moment().scenario.script.len() as u64;
    text.with(&[
        ("time", &format::clock(at_us)),
        ("setup", &texts::setup(setup)),
        ("seed", &setup.seed),
        ("acts", &plural(acts, format::count(acts), delivery::SHARE_ONE_ACT, delivery::SHARE_ACTS)),
        ("length", &length),
    ])
}

/// Reads the file that the user chose.
pub(crate) fn file(text: &str) -> Step {
    match link::from_file(text) {
        Ok(link) => Step::File(Box::new(link)),
        Err(error) => Step::WrongFile(error.to_string().into()),
    }
}

/// Reads the fragment of an address, the page's first or a later one. `None` if there is nothing to open.
pub(crate) fn fragment(text: &str, first: bool) -> Option<Step> {
    match link::decode(text) {
        Ok(link) => link.map(|link| Step::Open(Box::new(link))),
        Err(error) => {
            let why = error.to_string().into();
            Some(if first { Step::WrongLink(why) } else { Step::WrongNextLink(why) })
        }
    }
}

/// Returns the name of a file with this moment.
fn file_name(model: &Model) -> String {
    let setup = &model.view.setup;
    format!("ha-lab-seed-{}-at-{}s.json", setup.seed, model.view.now_us / 1_000_000)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lab::session::Session;
    use crate::lab::view::Verb;
    use crate::ui::model::{Action, Goal};

    fn model() -> Model {
        Model::new(Session::new(), false, true)
    }

    #[test]
    fn a_link_leads_back_to_its_moment() {
        let mut first = model();
        first.reduce(Action::Frame(0.0));
        first.reduce(Action::Frame(16.0));
        let fragment_of = link::encode(&first.moment()).expect("fits");
        let mut second = model();
        let Some(Step::Open(link)) = fragment(&fragment_of, true) else { panic!("{fragment_of}") };
        second.reduce(Action::Share(Step::Open(link)));
        assert_eq!(second.view.now_us, first.view.now_us);
        assert!(second.said.starts_with("Opened 00:00:30"), "{}", second.said);
    }

    #[test]
    fn a_link_has_what_was_done_and_where_one_looks_at_it() {
        let mut first = model();
        let leader = first.leader_host().expect("somebody leads");
        first.reduce(Action::Act(leader, Verb::PowerOff));
        first.reduce(Action::Until(Goal::Takeover));
        first.arrive();
        let head = first.view.now_us;
        first.reduce(Action::Seek(head - 3_000_000));
        first.arrive();
        let fragment_of = link::encode(&first.moment()).expect("fits");
        let mut second = model();
        let step = fragment(&fragment_of, true).expect("one of ours");
        second.reduce(Action::Share(step));
        second.arrive();
        let (sent, opened) = (&first.view, &second.view);
        assert_eq!((opened.now_us, opened.head_us), (head - 3_000_000, head));
        assert_eq!(opened.hosts, sent.hosts);
        assert_eq!(opened.leases, sent.leases);
        assert_eq!(opened.counters, sent.counters);
        assert_eq!(opened.history, sent.history, "what comes later is known as well");
        assert!(second.said.contains("1 act."), "{}", second.said);
        assert!(!second.transport.playing);
    }

    #[test]
    fn a_wrong_link_says_why_and_the_default_cluster_stays() {
        let mut model = model();
        let step = fragment("#1.%%", true).expect("it is one of ours");
        model.reduce(Action::Share(step));
        assert!(model.said.contains("character 3 of the link: \"%\""), "{}", model.said);
        assert!(matches!(model.share.notice, Some(Notice::Wrong(_))));
        assert_eq!(model.view.setup, crate::lab::view::Setup::default());
        model.reduce(Action::Share(Step::Dismiss));
        assert_eq!(model.share.notice, None);
        assert_eq!(fragment("#time", false), None);
    }

    #[test]
    fn what_was_copied_is_said_with_its_length() {
        let mut model = model();
        model.reduce(Action::Share(Step::Copied("https://x/#1.e30".into())));
        assert_eq!(
            &*model.said,
            "Copied a link to 00:00:30.0: 3 masters · stacked etcd, seed 1, 0 acts. It has 16 characters."
        );
    }

    #[test]
    fn a_file_comes_back_and_a_wrong_one_changes_nothing() {
        let mut model = model();
        let text = link::to_file(&model.moment());
        model.reduce(Action::Share(file(&text)));
        assert!(model.said.starts_with("Opened"), "{}", model.said);
        model.reduce(Action::Share(file("{\"version\":2}")));
        assert!(model.said.contains("Nothing was changed"), "{}", model.said);
        assert_eq!(file_name(&model), "ha-lab-seed-1-at-30s.json");
    }
}
