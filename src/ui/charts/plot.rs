//! The parts that all charts share: the colours, the drawing area on the timeline's axis, the frame with a text alternative
//! and a table. Plotters draws them into SVG, with its coordinates and elements but without its chart builder, which would
//! cost 20 kB for an axis of four lines.

use plotters::coord::Shift;
use plotters::coord::types::RangedCoordf64;
use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, Pos, VPos};
use yew::prelude::*;

use crate::ui::dock::axis::Axis;
use crate::ui::dock::state::{Ask, Chart};
use crate::ui::model::Action;
use crate::ui::model::Dispatch;
use crate::ui::texts::time;

/// Placeholder colours, replaced by the theme's after drawing. A dashed line's replacement includes its dashes.
pub(super) const INKS: [(RGBColor, &str); 7] = [
    (INK, "var(--ink2)"),
    (LINE, "var(--line)"),
    (BAND, "var(--api)"),
    (DOT, "var(--lead)"),
    (BAD, "var(--bad)"),
    (OK, "var(--ok)"),
    (DASHED, "var(--ink)\" stroke-dasharray=\"5 3"),
];
pub(super) const INK: RGBColor = RGBColor(1, 1, 1);
pub(super) const LINE: RGBColor = RGBColor(2, 2, 2);
pub(super) const BAND: RGBColor = RGBColor(3, 3, 3);
pub(super) const DOT: RGBColor = RGBColor(4, 4, 4);
pub(super) const BAD: RGBColor = RGBColor(5, 5, 5);
pub(super) const OK: RGBColor = RGBColor(6, 6, 6);
pub(super) const DASHED: RGBColor = RGBColor(7, 7, 7);

pub(super) type Plane<'a> = DrawingArea<SVGBackend<'a>, Cartesian2d<RangedCoordf64, RangedCoordf64>>;
pub(super) type Done = Result<(), Box<dyn std::error::Error>>;

/// Returns an SVG of this size, px, drawn by `paint`. Empty if plotters fails, which does not happen.
pub(super) fn picture(size: (u32, u32), paint: &dyn Fn(DrawingArea<SVGBackend<'_>, Shift>) -> Done) -> Html {
    let mut svg = String::new();
    let done = paint(SVGBackend::with_string(&mut svg, size).into_drawing_area());
    if done.is_err() {
        return Html::default();
    }
    for (color, ink) in INKS {
        svg = svg.replace(&format!("#{:02X}{:02X}{:02X}", color.0, color.1, color.2), ink);
    }
    Html::from_html_unchecked(AttrValue::from(svg.replacen("<svg ", "<svg aria-hidden=\"true\" ", 1)))
}

/// Returns the style of a chart's text.
pub(super) fn label(color: &RGBColor, h: HPos, v: VPos) -> TextStyle<'_> {
    ("sans-serif", 11).into_font().color(color).pos(Pos::new(h, v))
}

/// A chart on the timeline's axis, exactly as wide as the lanes: seconds across, 0 to `top` upwards.
pub(super) struct OverTime<'a> {
    pub(super) axis: &'a Axis,
    pub(super) width: u32,
    pub(super) height: u32,
    pub(super) top: f64,
    /// The label of the top.
    pub(super) top_text: String,
}

/// Room above the top and below the base line, px.
pub(super) const MARGIN: i32 = 2;

impl OverTime<'_> {
    pub(super) fn draw(&self, paint: &dyn Fn(&Plane<'_>) -> Done) -> Html {
        let (w, h) = (self.width as i32, self.height as i32);
        let (from, to) = (s(self.axis.from_us), s(self.axis.to_us));
        picture((self.width, self.height), &|area| {
            let place =
                Cartesian2d::<RangedCoordf64, RangedCoordf64>::new(from..to, self.top..0.0, (0..w, MARGIN..h - MARGIN));
            let area = area.apply_coord_spec(place);
            for y in [0.0, self.top] {
                area.draw(&PathElement::new([(from, y), (to, y)], LINE))?;
            }
            paint(&area)?;
            let top = Text::new(self.top_text.clone(), (3, 1), label(&INK, HPos::Left, VPos::Top));
            area.draw(&(EmptyElement::at((from, self.top)) + top))?;
            area.present()?;
            Ok(())
        })
    }
}

pub(super) fn s(us: u64) -> f64 {
    us as f64 / 1e6
}

/// Draws the table of a chart, folded until the user opens it.
pub(super) fn table(chart: Chart, open: bool, dispatch: &Dispatch, columns: &[String], rows: Vec<Vec<String>>) -> Html {
    let toggle = dispatch.reform(move |event: MouseEvent| {
        event.prevent_default();
        Action::Dock(Ask::Table(chart))
    });
    let cell = |text: &String| html! { <td>{ text }</td> };
    html! {
        <details {open} class="chart-table">
            <summary onclick={toggle}>{ time::CHART_TABLE }</summary>
            if open && rows.is_empty() {
                <p class="muted">{ time::CHART_NOTHING }</p>
            } else if open {
                <table>
                    <thead><tr>{ for columns.iter().map(|name| html! { <th scope="col">{ name }</th> }) }</tr></thead>
                    <tbody>{ for rows.iter().map(|row| html! { <tr>{ for row.iter().map(cell) }</tr> }) }</tbody>
                </table>
            }
        </details>
    }
}
