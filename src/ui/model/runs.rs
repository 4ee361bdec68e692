//! The run as something to keep: saved, read from a file, brought back from an earlier visit.

use super::{Model, Name, texts};
use crate::lab::scenario::{MAX_FILE, Scenario};
use crate::lab::session::Session;
use crate::ui::keep::Kept;

impl Model {
    /// The branch that is shown, to its head, and the moment that is looked at.
    pub fn kept(&self) -> Kept {
        Kept { run: self.session.to_head(), now_us: self.session.now_us() }
    }

    /// Runs what was kept up to its moment; it stands still there.
    ///
    /// # Errors
    /// Why it cannot be run here; what runs goes on.
    pub fn bring_back(&mut self, kept: &Kept) -> Result<(), String> {
        self.session = Session::open(&kept.run)?;
        self.begin_anew();
        let head = self.session.head_us();
        self.jumped((self.session.now_us() < head).then_some(head));
        if self.travels() {
            self.after = (kept.now_us < head).then_some(kept.now_us);
        }
        Ok(())
    }

    /// Runs what a file says. What is wrong with it is said, with the file's name and the place in it.
    pub(super) fn load(&mut self, file: &Name, text: &str) {
        let read = if text.len() > MAX_FILE {
            Err(texts::run::RUN_FILE_TOO_LARGE.get().to_owned())
        } else {
            Scenario::parse(text).map_err(|error| error.to_string())
        };
        let opened = read.and_then(|run| self.bring_back(&Kept { now_us: run.until.0.0, run }));
        self.said = match &opened {
            Ok(()) => texts::run::RUN_OPENED.with(&[("file", file)]).into(),
            Err(error) => texts::run::RUN_REFUSED.with(&[("file", file), ("error", error)]).into(),
        };
        self.file_refused = opened.is_err().then(|| self.said.clone());
    }
}

#[cfg(test)]
mod tests {
    use super::super::*;

    const S: u64 = 1_000_000;

    fn arrive(model: &mut Model) {
        for frame in 0..1_000 {
            model.reduce(Action::Frame(f64::from(frame) * 16.0));
            if !model.travels() {
                return;
            }
        }
        panic!("it does not end");
    }

    #[test]
    fn a_kept_run_comes_back_at_the_moment_that_was_looked_at() {
        let mut model = Model::new(Session::new(), false, true);
        model.reduce(Action::Act("master-1".into(), Act::PowerOff));
        model.session.advance(100 * S);
        model.reduce(Action::Seek(60 * S));
        let kept = model.kept();
        let mut other = Model::new(Session::new(), false, true);
        other.bring_back(&kept).expect("it is not too large");
        arrive(&mut other);
        assert_eq!((other.view.now_us, other.view.head_us, other.playing), (60 * S, 130 * S, false));
        assert_eq!(other.view.hosts, model.view.hosts);
        assert_eq!(&*other.said, "", "nothing of the past is announced");
        assert_eq!(other.kept(), kept);
    }

    #[test]
    fn a_file_that_cannot_be_run_is_named_and_what_runs_goes_on() {
        let mut model = Model::new(Session::new(), false, true);
        let check = |model: &mut Model, text: &str, expect: &str| {
            model.reduce(Action::Load("a.json".into(), text.into()));
            let refused = model.file_refused.clone().unwrap_or_default();
            assert!(refused.contains("a.json") && refused.contains(expect), "{refused}");
            assert_eq!(model.view.now_us, 30 * S);
        };
        check(&mut model, "{", "line 1, column 1");
        check(&mut model, r#"{"version":1,"script":[{"at":"1s","do":"fly"}]}"#, "script[0].do: \"fly\"");
        check(&mut model, r#"{"version":1,"cluster":{"workers":4000}}"#, "4000 workers");
        model.reduce(Action::Load("a.json".into(), r#"{"version":1,"until":"167h","seed":4}"#.into()));
        assert_eq!((model.file_refused.clone(), model.view.setup.seed), (None, 4));
        assert!(model.travels(), "a long run is done in pieces");
        model.reduce(Action::PlayPause);
        assert!(!model.travels(), "and can be stopped");
        model.reduce(Action::Load("b.json".into(), r#"{"version":1,"until":"1ms"}"#.into()));
        assert_eq!(model.view.now_us, 1_000);
    }
}
