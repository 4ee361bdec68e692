//! The root component: owns the model, passes frames, keys and actions to it, and lays the page out.

use std::rc::Rc;

use web_sys::{Event, KeyboardEvent};
use yew::prelude::*;

use super::calm::{self, Calm};
use super::{crash, early, header, help, hint, perform, run_notice, run_sheet, share_notices};
use crate::lab::i18n;
use crate::lab::session::Session;
use crate::ui::browser::bridge;
use crate::ui::browser::{self, Frames, Listener};
use crate::ui::builder::Builder;
use crate::ui::embed::protocol::Order;
use crate::ui::learn::state::Place;
use crate::ui::model::share::{self, Notice, Step};
use crate::ui::model::{Action, CONTROLLER_MANAGER, Effect, Hint, Model, SPEEDS, Sheet};
use crate::ui::model::{Dispatch, keys};
use crate::ui::storage::saver::Saver;
use crate::ui::topology::{CABLE_FORM, Stage};
use crate::ui::widgets::memo::lazy;
use crate::ui::{dock, embed, glossary, inspector, learn, texts};

struct App {
    model: Model,
    calm: Calm,
    dispatch: Dispatch,
    /// Effects to perform once the page is drawn.
    later: Vec<Effect>,
    saver: Saver,
    _frames: Frames,
    _listeners: Vec<Listener>,
}

enum Msg {
    Do(Action),
    Key(KeyboardEvent),
    Media,
    /// The fragment of the address: at the start, or changed since.
    Fragment {
        first: bool,
    },
    /// An order of the page that embeds this one.
    Order(Order),
    /// The page may be closed at any moment.
    Leave,
}

fn is_dark() -> bool {
    match browser::recall("theme").as_deref() {
        Some("dark") => true,
        Some("light") => false,
        _ => browser::matches("(prefers-color-scheme: dark)"),
    }
}

fn is_still() -> bool {
    browser::matches("(prefers-reduced-motion: reduce)")
}

impl Component for App {
    type Message = Msg;
    type Properties = ();

    fn create(ctx: &Context<Self>) -> Self {
        let link = ctx.link().clone();
        let frames = browser::each_frame({
            let link = link.clone();
            move |ms| link.send_message(Msg::Do(Action::Frame(ms)))
        });
        let keys = browser::listen(browser::document(), "keydown", {
            let link = link.clone();
            move |event: KeyboardEvent| link.send_message(Msg::Key(event))
        });
        let mut listeners = vec![keys, Self::listen(&link, "hashchange", || Msg::Fragment { first: false })];
        listeners.push(Self::listen(&link, "ha-lab-update", || Msg::Do(Action::Share(Step::Update))));
        listeners.extend(embed::listen({
            let link = link.clone();
            move |order| link.send_message(Msg::Order(order))
        }));
        // The user has found the control that was pointed at.
        for event in ["pointerdown", "keydown"] {
            let document = browser::document();
            listeners.push(browser::listen(document.clone(), event, move |_: Event| learn::effects::unmark(&document)));
        }
        // Sent as a message, so that it arrives after this function, when the component exists.
        link.send_message(match learn::route::query(&browser::query()) {
            Some(path) => Msg::Do(Action::Learn(learn::state::Step::OpenPath(path.into()))),
            None => Msg::Fragment { first: true },
        });
        // Clicks on the picture that was here before.
        for action in early::actions(&bridge::early_acts()) {
            link.send_message(Msg::Do(action));
        }
        listeners.extend(glossary::watch());
        for query in ["(prefers-color-scheme: dark)", "(prefers-reduced-motion: reduce)"] {
            if let Ok(Some(list)) = browser::window().match_media(query) {
                let link = link.clone();
                listeners.push(browser::listen(list, "change", move |_: Event| link.send_message(Msg::Media)));
            }
        }
        let hint = browser::recall("hint").as_deref() != Some("done");
        let single_keys = browser::recall("keys").as_deref() != Some("off");
        if let Some(theme) = browser::recall("theme").filter(|theme| matches!(&**theme, "light" | "dark")) {
            browser::mark_root("data-theme", Some(&theme));
        }
        let leave = link.clone();
        listeners.push(browser::listen(browser::window(), "pagehide", move |_: Event| leave.send_message(Msg::Leave)));
        let mut model = Model::new(Session::new(), hint, single_keys);
        model.clock = browser::clock_ms;
        (model.page.dark, model.page.still, model.page.embedded) = (is_dark(), is_still(), embed::embedded());
        let saver = Saver::begin(&mut model);
        Self {
            calm: Calm::of(&model.view),
            model,
            saver,
            later: Vec::new(),
            dispatch: link.callback(Msg::Do),
            _frames: frames,
            _listeners: listeners,
        }
    }

    fn update(&mut self, _: &Context<Self>, message: Msg) -> bool {
        match message {
            Msg::Do(action) => self.reduce(action),
            Msg::Key(event) => {
                if event.alt_key() || event.default_prevented() {
                    return false;
                }
                let (typing, pressing) = browser::focus_of(&event);
                let key = event.key();
                let action = if event.ctrl_key() || event.meta_key() {
                    keys::chord(&self.model, &key, event.shift_key(), typing)
                } else if matches!(&*key, "ArrowLeft" | "ArrowRight" | "Home" | "End") && browser::steers(&event) {
                    None
                } else {
                    keys::action(&self.model, &key, typing, pressing)
                };
                let Some(action) = action else { return false };
                if event.repeat() && !matches!(action, Action::Step | Action::StepBack) {
                    return false;
                }
                event.prevent_default();
                self.reduce(action)
            }
            Msg::Fragment { first } => {
                let fragment = bridge::address().1;
                if let Some(step) = learn::route::fragment(&fragment) {
                    return self.reduce(Action::Learn(step));
                }
                let step = share::fragment(&fragment, first);
                step.is_some_and(|step| self.reduce(Action::Share(step)))
            }
            Msg::Order(order) => self.reduce(match order {
                Order::Play => Action::Play(true),
                Order::Pause => Action::Play(false),
                Order::Load(link) => Action::Share(Step::Open(link)),
            }),
            Msg::Leave => {
                self.saver.leave(&self.model);
                false
            }
            Msg::Media => self.reduce(Action::System { dark: is_dark(), still: is_still() }),
        }
    }

    fn rendered(&mut self, _: &Context<Self>, first: bool) {
        glossary::tidy();
        perform::once_drawn(std::mem::take(&mut self.later));
        if first {
            browser::mark_root("data-ready", Some("true"));
            self.model.tell_ready();
            self.perform();
        }
    }

    fn view(&self, _: &Context<Self>) -> Html {
        let m = &self.model;
        html! {
            <div class={classes!("page", m.selection.selected.is_some().then_some("has-selection"))}>
                if !m.is_away() { <a class="skip" href="#time" onclick={skip()}>{ texts::SKIP }</a> }
                if m.page.embedded { { share_notices::mark(&m.view.setup) } } else { { self.header() } }
                { self.work() }
                <div class="sr-only" aria-live="polite" role="status" data-testid="said">{ &*m.said }</div>
                { self.notices() }
                { self.sheet() }
            </div>
        }
    }
}

impl App {
    fn header(&self) -> Html {
        let view = &self.model.view;
        let props = header::Props {
            setup: view.setup.clone(),
            timings: view.timings.clone(),
            counters: view.counters,
            dark: self.model.page.dark,
            place: self.model.learn.place,
            dispatch: self.dispatch.clone(),
        };
        lazy(props, header::header)
    }

    fn work(&self) -> Html {
        let (m, dispatch) = (&self.model, self.dispatch.clone());
        let learn = &m.learn;
        match learn.place {
            Place::List => {
                let (list, loading, trouble) = (learn.list.clone(), learn.loading, learn.trouble.clone());
                let aside = !learn.aside_texts.is_empty();
                let props = learn::ListProps { list, loading, trouble, aside, dispatch };
                return html! { <main class="pages">{ lazy(props, learn::list) }</main> };
            }
            Place::Results => {
                let props = learn::ResultProps::of(learn, &dispatch);
                return html! { <main class="pages">{ lazy(props, learn::results) }</main> };
            }
            Place::Sandbox | Place::Lesson => {}
        }
        let running = learn.running.as_ref().filter(|_| m.in_lesson());
        let lesson = running.map(|running| lazy(learn::ColumnProps::of(learn, running, &dispatch), learn::column));
        html! {
            <main class={classes!("work", lesson.is_some().then_some("with-lesson"))}>
                { lesson.unwrap_or_default() }
                <div class="centre">
                    { run_notice::fault(m, &self.dispatch) }
                    if !m.in_lesson() { { run_notice::notice(m, &self.dispatch) } }
                    if m.fault.is_none() { { run_notice::at_work(m, &self.dispatch).unwrap_or_else(|| self.hint()) } }
                    { self.stage() }
                </div>
                { self.side() }
                { self.transport() }
                { self.dock() }
            </main>
        }
    }

    /// Turns a browser event of the window into a message.
    fn listen(link: &yew::html::Scope<Self>, event: &'static str, message: fn() -> Msg) -> Listener {
        let link = link.clone();
        browser::listen(browser::window(), event, move |_: Event| link.send_message(message()))
    }

    fn notices(&self) -> Html {
        let mut state = self.model.share.clone();
        // While a cluster starts, its progress is in the same place on a phone, and a question must not be covered.
        let at_work = self.model.is_starting() || self.model.work.burden.is_some();
        state.notice = state.notice.filter(|notice| !(at_work && matches!(notice, Notice::Done(_))));
        let props = share_notices::Props { state, dispatch: self.dispatch.clone() };
        lazy(props, share_notices::notices)
    }

    fn hint(&self) -> Html {
        let m = &self.model;
        if m.hint == Hint::Off {
            return Html::default();
        }
        let props = hint::Props {
            hint: m.hint.clone(),
            leader: m.leader_host(),
            successor: m.view.successor(CONTROLLER_MANAGER),
            reading: m.view.setup.reading,
            timings: m.view.timings.clone(),
            dispatch: self.dispatch.clone(),
        };
        lazy(props, hint::hint_bar)
    }

    fn stage(&self) -> Html {
        let m = &self.model;
        let refused =
            m.selection.denied.as_ref().filter(|(form, _)| *form == CABLE_FORM).map(|(_, reason)| reason.clone());
        let hinted = if m.hint == Hint::Select && !m.is_starting() { m.leader_host() } else { None };
        html! {
            <Stage view={m.view.clone()} pulses={m.pulses.live().to_vec()} wall_ms={m.wall_ms} hidden={m.page.hidden.clone()}
                selected={m.selection.selected.clone()} chain={Rc::new(m.chain_targets())} {hinted} still={m.page.still}
                stage={m.stage.clone()} {refused}
                dispatch={self.dispatch.clone()} />
        }
    }

    fn side(&self) -> Html {
        let m = &self.model;
        inspector::side(&inspector::Props {
            view: self.calm.side.clone(),
            selected: m.selection.selected.clone(),
            detail: m.selection.detail.clone(),
            refusal: m.selection.refusal.clone(),
            denied: m.selection.denied.clone(),
            dispatch: self.dispatch.clone(),
        })
    }

    fn transport(&self) -> Html {
        let (m, dispatch) = (&self.model, self.dispatch.clone());
        dock::transport(&dock::TransportProps {
            view: m.view.clone(),
            playing: m.transport.playing || m.travels() && m.work.burden.is_none(),
            speed: m.transport.speed,
            goal: m.goal(),
            reached: m.transport.pace.reached().filter(|_| m.transport.playing),
            can_undo: m.can_undo(),
            can_redo: m.can_redo(),
            more: m.deck.more,
            dispatch,
        })
    }

    fn dock(&self) -> Html {
        let m = &self.model;
        dock::dock(&dock::Props {
            view: self.calm.dock.clone(),
            charted: self.calm.charts.clone(),
            playing: m.transport.playing,
            deck: m.deck.clone(),
            why: m.selection.why.clone(),
            selected: m.selection.selected.clone(),
            dispatch: self.dispatch.clone(),
        })
    }

    fn sheet(&self) -> Html {
        let (m, dispatch) = (&self.model, self.dispatch.clone());
        match m.page.sheet {
            None => Html::default(),
            Some(Sheet::Help) => help::help_sheet(m.page.single_keys, &m.page.term_typed, &dispatch),
            Some(Sheet::Run) => run_sheet::run_sheet(m, &dispatch),
            Some(Sheet::Cluster) => html! { <Builder setup={m.view.setup.clone()} {dispatch} /> },
        }
    }

    fn reduce(&mut self, action: Action) -> bool {
        let meaning = self.saver.before(&mut self.model, &action);
        let frame = matches!(action, Action::Frame(_));
        let changed = self.model.reduce(action);
        let m = &self.model;
        let fast = frame && (m.travels() || m.transport.playing && SPEEDS[m.transport.speed].0 >= calm::FAST);
        self.calm.follow(&self.model.view, fast);
        let performed = self.perform();
        self.saver.follow(&mut self.model, meaning);
        changed || performed
    }

    /// Performs the model's effects, some of them once the page is drawn. Returns whether there were any.
    fn perform(&mut self) -> bool {
        let effects = self.model.take_effects();
        let any = !effects.is_empty();
        for effect in effects {
            if effect.waits_for_the_page() {
                self.later.push(effect);
            } else {
                perform::now(effect, &mut self.model, &mut self.saver, &self.dispatch);
            }
        }
        any
    }
}

/// Moves the focus to the controls of time for the skip link, without changing the address, which a reload opens.
fn skip() -> Callback<MouseEvent> {
    Callback::from(|event: MouseEvent| {
        event.prevent_default();
        browser::focus_on("#time");
    })
}

/// Shows the lab in `#app`.
pub(crate) fn run() {
    // A file that cannot be read leaves the page in English.
    i18n::speak(bridge::texts().and_then(|file| i18n::parse(&file).ok()));
    crash::prepare();
    let root = browser::document().get_element_by_id("app").expect("index.html has #app");
    root.set_inner_html("");
    yew::Renderer::<App>::with_root(root).render();
}
