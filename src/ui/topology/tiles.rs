//! Many workers: a line of small cards, each with its name or number, the sign of its state, and its pods as cells.
//! All workers together are one stop of the Tab key; arrow keys walk among them.

use std::rc::Rc;

use yew::prelude::*;

use super::cables::Reach;
use super::count::Health;
use super::layout::{Card, HostBox, number};
use super::pods;
use super::signs::sign;
use crate::lab::i18n::plural;
use crate::lab::narration::join;
use crate::lab::view::{HostView, Name, Power};
use crate::ui::model::Dispatch;
use crate::ui::texts;
use crate::ui::texts::topology as own;
use crate::ui::widgets::format;

/// The workers' name as a group of parts.
pub(crate) const ROVE: &str = "workers";

/// One line of the grid.
#[derive(PartialEq)]
pub(crate) struct Line {
    pub(crate) hosts: Vec<Rc<HostView>>,
    pub(crate) at: Vec<Rc<HostBox>>,
    pub(crate) reach: Vec<Reach>,
    /// The part of this line that is selected.
    pub(crate) selected: Option<Name>,
    pub(crate) chained: Vec<Name>,
    pub(crate) stop: Option<Name>,
}

fn px(value: f64) -> String {
    format!("{value:.1}")
}

pub(crate) fn line(line: &Line) -> Html {
    let tiles = line.hosts.iter().zip(&line.at).zip(&line.reach);
    html! { <g class="tiles">{ for tiles.map(|((host, at), reach)| tile(line, host, at, *reach)) }</g> }
}

fn tile(line: &Line, host: &HostView, at: &HostBox, reach: Reach) -> Html {
    let (r, cell) = (at.rect, at.card == Card::Cell);
    let health = Health::of(host, reach);
    let mine = |target: &Name| target.split('/').next() == Some(&*host.name);
    let selected = line.selected.as_ref().filter(|target| mine(target)).is_some();
    let class = classes!(
        "host",
        "worker",
        "tile",
        cell.then_some("cell-card"),
        health.sign(),
        selected.then_some("selected"),
        line.chained.iter().any(mine).then_some("chained")
    );
    let n = host.pods.len() as u64;
    let count = plural(n, format::count(n), own::TOPO_POD_ONE, own::TOPO_POD_MANY);
    let label = join::remarks(&[&host.name, own::health(health), &count]);
    let y = r.y + at.header.h / 2.0 + if cell { 2.0 } else { 3.0 };
    let (x, name) = if cell {
        (r.x + 9.0, number(&host.name).map_or_else(|| host.name.to_string(), |n| n.to_string()))
    } else {
        (r.x + 14.0, host.name.to_string())
    };
    // The word of a faulty state, if it fits; otherwise the number of pods.
    let room = r.right() - x - 11.0 - format::width(&name, if cell { 11.0 } else { 12.5 }) - 6.0;
    let fits = |text: &str| format::width(text, 10.5) <= room;
    let word = match health {
        Health::Well if cell => String::new(),
        Health::Well => Some(count).filter(|count| fits(count)).unwrap_or_else(|| format::count(n)),
        other => Some(own::health(other).to_owned()).filter(|word| fits(word)).unwrap_or_default(),
    };
    let state = if host.power == Power::Off { "off" } else { texts::power(host.power) };
    html! {
        <g {class} data-host={host.name.to_string()} data-power={state} key={&*host.name}>
            <g class="look" aria-hidden="true">
                <rect class="card" x={px(r.x)} y={px(r.y)} width={px(r.w)} height={px(r.h)} rx={if cell { "6" } else { "9" }} />
                { sign(health.sign(), x, y - 1.0, if cell { 0.8 } else { 0.9 }) }
                <text class="title" x={px(x + if cell { 8.0 } else { 10.0 })} y={px(y + 3.0)}>{ name }</text>
                <text class={classes!("tile-word", health.sign())} x={px(r.right() - 8.0)} y={px(y + 3.0)}>{ word }</text>
            </g>
            <g class="hit" role="button" aria-label={label} aria-pressed={selected.to_string()} data-item="true"
                tabindex={if line.stop.as_ref() == Some(&host.name) { "0" } else { "-1" }}
                data-target={host.name.to_string()} data-state={health.sign()}>
                <rect class="reach" x={px(r.x)} y={px(r.y)} width={px(r.w)} height={px(r.h)} rx="8" />
                <rect class="ring-focus" x={px(r.x + 1.5)} y={px(r.y + 1.5)} width={px(r.w - 3.0)} height={px(r.h - 3.0)} rx={if cell { "5" } else { "8" }} />
            </g>
            { pods::cells(host, at.tail, line.selected.as_ref()) }
        </g>
    }
}

/// The grid of workers.
pub(crate) struct Grid<'a> {
    pub(crate) hosts: Vec<&'a Rc<HostView>>,
    pub(crate) at: Vec<&'a Rc<HostBox>>,
    pub(crate) reach: &'a dyn Fn(&Name) -> Reach,
    pub(crate) selected: Option<&'a Name>,
    pub(crate) chained: &'a [Name],
    pub(crate) stop: Option<&'a Name>,
}

impl Grid<'_> {
    /// Returns the lines of the grid.
    pub(crate) fn lines(&self) -> Vec<Line> {
        let first = self.hosts.first().map(|host| host.name.clone());
        let stop = self.stop.filter(|stop| self.hosts.iter().any(|host| host.name == **stop)).cloned().or(first);
        let mut lines: Vec<Line> = vec![];
        let mut y = f64::NEG_INFINITY;
        for (host, at) in self.hosts.iter().zip(&self.at) {
            if at.rect.y > y {
                y = at.rect.y;
                lines.push(Line {
                    hosts: vec![],
                    at: vec![],
                    reach: vec![],
                    selected: None,
                    chained: vec![],
                    stop: None,
                });
            }
            let Some(line) = lines.last_mut() else { continue };
            let owns = |target: &&Name| match target.split_once('/') {
                Some(("pod", name)) => host.pods.iter().any(|pod| &*pod.name == name),
                Some((own, _)) => *own == *host.name,
                None => **target == host.name,
            };
            line.selected = line.selected.take().or_else(|| self.selected.filter(owns).cloned());
            line.chained.extend(self.chained.iter().filter(owns).cloned());
            line.stop = line.stop.take().or_else(|| stop.clone().filter(|stop| *stop == host.name));
            line.reach.push((self.reach)(&host.name));
            line.hosts.push((*host).clone());
            line.at.push((*at).clone());
        }
        lines
    }
}

/// Returns the callbacks that select the pressed pod or worker.
pub(crate) fn pressed(dispatch: &Dispatch) -> (Callback<MouseEvent>, Callback<KeyboardEvent>) {
    use crate::ui::browser::target_of;
    use crate::ui::model::Action;
    let by_key = dispatch.clone();
    let dispatch = dispatch.clone();
    let click = Callback::from(move |event: MouseEvent| {
        if let Some(target) = target_of(&event) {
            dispatch.emit(Action::Select(Some(target)));
        }
    });
    let key = Callback::from(move |event: KeyboardEvent| {
        if matches!(event.key().as_str(), "Enter" | " ")
            && !event.repeat()
            && let Some(target) = target_of(&event)
        {
            event.prevent_default();
            by_key.emit(Action::Select(Some(target)));
        }
    });
    (click, key)
}
