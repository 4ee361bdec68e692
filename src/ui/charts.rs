//! The takeover chart: how long each takeover took, against what theory allows. Drawn by plotters into SVG.

use plotters::prelude::*;
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

fn draw(shown: &[TakeoverView], (low, high): (u64, u64)) -> Drawn {
    let [ink, line, band, dot, bad] = INKS.map(|(color, _)| color);
    let rows = shown.len().max(1) as i32;
    let height = 44 + 18 * rows as u32;
    let (low, high) = (low as f64 / 1e6, high as f64 / 1e6);
    let longest = shown.iter().map(|t| t.took_us() as f64 / 1e6).fold(high, f64::max);
    let end = ((longest * 1.08) / 5.0).ceil() * 5.0;
    let mut svg = String::new();
    {
        let area = SVGBackend::with_string(&mut svg, (W, height)).into_drawing_area();
        let mut chart = ChartBuilder::on(&area)
            .margin_top(6)
            .margin_right(12)
            .margin_left(12)
            .x_label_area_size(32)
            .build_cartesian_2d(0.0..end, 0.0..f64::from(rows))?;
        chart.draw_series([Rectangle::new([(low, 0.0), (high, f64::from(rows))], band.mix(0.16).filled())])?;
        for edge in [low, high] {
            chart.draw_series([PathElement::new(
                [(edge, 0.0), (edge, f64::from(rows))],
                band.mix(0.7).stroke_width(1),
            )])?;
        }
        let label = ("sans-serif", 11).into_font().color(&ink);
        chart
            .configure_mesh()
            .disable_y_mesh()
            .disable_y_axis()
            .disable_x_mesh()
            .x_labels(6)
            .x_label_formatter(&|s| format!("{s:.0} s"))
            .x_desc(texts::CHART_AXIS)
            .axis_desc_style(label.clone())
            .label_style(label.clone())
            .axis_style(line)
            .draw()?;
        for (n, takeover) in shown.iter().enumerate() {
            let (y, took) = (f64::from(rows) - n as f64 - 0.5, takeover.took_us() as f64 / 1e6);
            let outside = takeover.comparable && !(low..=high).contains(&took);
            let color = if outside { bad } else { dot };
            chart.draw_series([PathElement::new([(0.0, y), (took, y)], color.mix(0.45).stroke_width(2))])?;
            chart.draw_series([Circle::new(
                (took, y),
                4,
                if takeover.comparable { color.filled() } else { color.stroke_width(2) },
            )])?;
            let text = format!("{took:.1} s {}", takeover.to);
            let left = took > end * 0.62;
            let offset = if left { -(text.len() as i32) * 6 - 8 } else { 9 };
            chart.draw_series([EmptyElement::at((took, y)) + Text::new(text, (offset, -6), label.clone())])?;
        }
        area.present()?;
    }
    for (color, ink) in INKS {
        svg = svg.replace(&format!("#{:02X}{:02X}{:02X}", color.0, color.1, color.2), ink);
    }
    Ok(svg.replacen("<svg ", "<svg aria-hidden=\"true\" ", 1))
}
