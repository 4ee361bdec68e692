//! The takeover chart: how long each takeover took, against what theory allows. Drawn by plotters into SVG.

use plotters::coord::types::RangedCoordf64;
use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, Pos, VPos};
use yew::prelude::*;

use super::lazy::lazy;
use super::{format, texts};
use crate::lab::view::{History, TakeoverView};

/// What is drawn: the newest takeovers, and the shortest and longest that theory allows, µs.
#[derive(PartialEq)]
struct Shown {
    takeovers: Vec<TakeoverView>,
    range: (u64, u64),
}

/// The chart of the run so far.
pub fn takeovers(history: &History, range: (u64, u64)) -> Html {
    let takeovers = history.takeovers.iter().rev().take(MOST).cloned().collect();
    lazy(Shown { takeovers, range }, chart)
}

/// The most takeovers in one picture, the newest.
const MOST: usize = 12;
const W: u32 = 316;

/// Colours that stand for the theme's own, put in after drawing.
const INKS: [(RGBColor, &str); 5] = [
    (RGBColor(1, 1, 1), "var(--ink2)"),
    (RGBColor(2, 2, 2), "var(--line)"),
    (RGBColor(3, 3, 3), "var(--api)"),
    (RGBColor(4, 4, 4), "var(--lead)"),
    (RGBColor(5, 5, 5), "var(--bad)"),
];

fn chart(props: &Shown) -> Html {
    let (low, high) = props.range;
    let shown = &props.takeovers;
    let picture = draw(shown, props.range).unwrap_or_default();
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
            <h3 id="chart-title">{ texts::CHART }</h3>
            <div class="plot" role="img" aria-label={texts::chart_alt(shown.len(), low, high)}>
                { Html::from_html_unchecked(AttrValue::from(picture)) }
            </div>
            if shown.is_empty() {
                <p class="muted">{ texts::CHART_EMPTY }</p>
            } else {
                <details>
                    <summary>{ texts::CHART_TABLE }</summary>
                    <table>
                        <thead><tr>{ for texts::CHART_COLUMNS.iter().map(|name| html! { <th scope="col">{ *name }</th> }) }</tr></thead>
                        <tbody>{ for shown.iter().map(row) }</tbody>
                    </table>
                </details>
            }
        </section>
    }
}

type Drawn = Result<String, Box<dyn std::error::Error>>;

/// Left and right margin, height of a row, height of the axis, px.
const SIDE: i32 = 12;
const ROW: i32 = 18;
const AXIS: i32 = 40;

// Plotters' coordinates and elements, without its chart builder: the axis is four lines here, and 20 kB there.
fn draw(shown: &[TakeoverView], (low, high): (u64, u64)) -> Drawn {
    let [ink, line, band, dot, bad] = INKS.map(|(color, _)| color);
    let rows = shown.len().max(1) as i32;
    let height = rows * ROW + 6;
    let (low, high) = (low as f64 / 1e6, high as f64 / 1e6);
    let longest = shown.iter().map(|t| t.took_us() as f64 / 1e6).fold(high, f64::max);
    let step = if longest < 30.0 { 5.0 } else { (longest / 30.0).ceil() * 5.0 };
    let end = ((longest * 1.08) / step).ceil() * step;
    let bottom = f64::from(rows);
    let mut svg = String::new();
    {
        let area = SVGBackend::with_string(&mut svg, (W, (height + AXIS) as u32)).into_drawing_area();
        let place = Cartesian2d::<RangedCoordf64, RangedCoordf64>::new(
            0.0..end,
            0.0..bottom,
            (SIDE..W as i32 - SIDE, 6..height),
        );
        let area = area.apply_coord_spec(place);
        let label = |anchor| ("sans-serif", 11).into_font().color(&ink).pos(Pos::new(anchor, VPos::Top));
        area.draw(&Rectangle::new([(low, 0.0), (high, bottom)], band.mix(0.16).filled()))?;
        for edge in [low, high] {
            area.draw(&PathElement::new([(edge, 0.0), (edge, bottom)], band.mix(0.7)))?;
        }
        area.draw(&PathElement::new([(0.0, bottom), (end, bottom)], line))?;
        for tick in 0..=(end / step) as u32 {
            let at = f64::from(tick) * step;
            let text = EmptyElement::at((at, bottom)) + Text::new(format!("{at:.0} s"), (0, 5), label(HPos::Center));
            area.draw(&text)?;
        }
        let text = Text::new(texts::CHART_AXIS, (0, 22), label(HPos::Center));
        area.draw(&(EmptyElement::at((end / 2.0, bottom)) + text))?;
        for (n, takeover) in shown.iter().enumerate() {
            let (y, took) = (n as f64 + 0.5, takeover.took_us() as f64 / 1e6);
            let outside = takeover.comparable && !(low..=high).contains(&took);
            let color = if outside { bad } else { dot };
            area.draw(&PathElement::new([(0.0, y), (took, y)], color.mix(0.45).stroke_width(2)))?;
            let style = if takeover.comparable { color.filled() } else { color.stroke_width(2) };
            area.draw(&Circle::new((took, y), 4, style))?;
            let (offset, anchor) = if took > end * 0.6 { (-9, HPos::Right) } else { (9, HPos::Left) };
            let text = Text::new(format!("{took:.1} s {}", takeover.to), (offset, -6), label(anchor));
            area.draw(&(EmptyElement::at((took, y)) + text))?;
        }
        area.present()?;
    }
    for (color, ink) in INKS {
        svg = svg.replace(&format!("#{:02X}{:02X}{:02X}", color.0, color.1, color.2), ink);
    }
    Ok(svg.replacen("<svg ", "<svg aria-hidden=\"true\" ", 1))
}
