//! The newest takeovers one below the other: the length of each, over the band of theory.

use plotters::coord::types::RangedCoordf64;
use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, VPos};
use yew::prelude::*;

use super::plot::{BAD, BAND, DOT, INK, LINE, label, picture};
use crate::lab::view::{History, TakeoverView};
use crate::ui::texts::time;
use crate::ui::widgets::format;
use crate::ui::widgets::memo::lazy;

/// The newest takeovers, and the shortest and longest gap in theory, µs.
#[derive(PartialEq)]
struct Shown {
    takeovers: Vec<TakeoverView>,
    range: (u64, u64),
}

/// Draws the chart of the run so far.
pub(crate) fn takeovers(history: &History, range: (u64, u64)) -> Html {
    let takeovers = history.takeovers.iter().rev().take(MOST).cloned().collect();
    lazy(Shown { takeovers, range }, chart)
}

/// The most takeovers in one chart.
const MOST: usize = 12;
const W: u32 = 316;

fn chart(props: &Shown) -> Html {
    let (low, high) = props.range;
    let shown = &props.takeovers;
    let said = time::CHART_ALT.with(&[
        ("shown", &time::takeovers(shown.len())),
        ("low", &format!("{:.1}", low as f64 / 1e6)),
        ("high", &format!("{:.1}", high as f64 / 1e6)),
    ]);
    let columns = [time::CHART_COMPONENT, time::CHART_FROM, time::CHART_TO, time::CHART_TOOK];
    let row = |takeover: &TakeoverView| {
        html! {
            <tr>
                <td>{ takeover.component.trim_start_matches("kube-") }</td><td>{ &*takeover.from }</td><td>{ &*takeover.to }</td>
                <td class="mono">{ format::seconds(takeover.took_us()) }</td>
            </tr>
        }
    };
    html! {
        <section class="chart" aria-labelledby="chart-title">
            <h3 id="chart-title">{ time::CHART_THEORY }</h3>
            <div class="plot" role="img" aria-label={said}>{ draw(shown, props.range) }</div>
            if shown.is_empty() {
                <p class="muted">{ time::CHART_EMPTY }</p>
            } else {
                <details>
                    <summary>{ time::CHART_TABLE }</summary>
                    <table>
                        <thead><tr>{ for columns.iter().map(|name| html! { <th scope="col">{ *name }</th> }) }</tr></thead>
                        <tbody>{ for shown.iter().map(row) }</tbody>
                    </table>
                </details>
            }
        </section>
    }
}

/// Left and right margin, height of a row, height of the axis, px.
const SIDE: i32 = 12;
const ROW: i32 = 18;
const AXIS: i32 = 40;

fn draw(shown: &[TakeoverView], (low, high): (u64, u64)) -> Html {
    let rows = shown.len().max(1) as i32;
    let height = rows * ROW + 6;
    let (low, high) = (low as f64 / 1e6, high as f64 / 1e6);
    let longest = shown.iter().map(|t| t.took_us() as f64 / 1e6).fold(high, f64::max);
    let step = if longest < 30.0 { 5.0 } else { (longest / 30.0).ceil() * 5.0 };
    let end = ((longest * 1.08) / step).ceil() * step;
    let bottom = f64::from(rows);
    picture((W, (height + AXIS) as u32), &|area| {
        let place = Cartesian2d::<RangedCoordf64, RangedCoordf64>::new(
            0.0..end,
            0.0..bottom,
            (SIDE..W as i32 - SIDE, 6..height),
        );
        let area = area.apply_coord_spec(place);
        area.draw(&Rectangle::new([(low, 0.0), (high, bottom)], BAND.mix(0.16).filled()))?;
        for edge in [low, high] {
            area.draw(&PathElement::new([(edge, 0.0), (edge, bottom)], BAND.mix(0.7)))?;
        }
        area.draw(&PathElement::new([(0.0, bottom), (end, bottom)], LINE))?;
        for tick in 0..=(end / step) as u32 {
            let at = f64::from(tick) * step;
            let text = Text::new(format!("{at:.0} s"), (0, 5), label(&INK, HPos::Center, VPos::Top));
            area.draw(&(EmptyElement::at((at, bottom)) + text))?;
        }
        let text = Text::new(time::CHART_AXIS.to_string(), (0, 22), label(&INK, HPos::Center, VPos::Top));
        area.draw(&(EmptyElement::at((end / 2.0, bottom)) + text))?;
        for (n, takeover) in shown.iter().enumerate() {
            let (y, took) = (n as f64 + 0.5, takeover.took_us() as f64 / 1e6);
            let outside = takeover.comparable && !(low..=high).contains(&took);
            let color = if outside { BAD } else { DOT };
            area.draw(&PathElement::new([(0.0, y), (took, y)], color.mix(0.45).stroke_width(2)))?;
            let style = if takeover.comparable { color.filled() } else { color.stroke_width(2) };
            area.draw(&Circle::new((took, y), 4, style))?;
            let (offset, anchor) = if took > end * 0.6 { (-9, HPos::Right) } else { (9, HPos::Left) };
            let text = Text::new(format!("{took:.1} s {}", takeover.to), (offset, -6), label(&INK, anchor, VPos::Top));
            area.draw(&(EmptyElement::at((took, y)) + text))?;
        }
        area.present()?;
        Ok(())
    })
}
