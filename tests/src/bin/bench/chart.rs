//! The ladder as a picture: one bar a loop, by events a second, on a logarithmic scale; a line shows slowest and fastest round.

use std::fmt::Write as _;

use crate::figures::thousands;
use crate::report::Line;

const ROW: f64 = 18.0;
const TOP: f64 = 46.0;
const LABELS: f64 = 330.0;
const BARS: f64 = 520.0;
/// Events a second at the left and at the right end.
const SCALE: (f64, f64) = (10.0, 1_000_000.0);

fn x(rate: f64) -> f64 {
    let (low, high) = SCALE;
    LABELS + BARS * ((rate.clamp(low, high) / low).log10() / (high / low).log10())
}

/// An SVG.
pub(crate) fn draw(lines: &[Line]) -> String {
    let height = TOP + ROW * lines.len() as f64 + 20.0;
    let width = LABELS + BARS + 90.0;
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width}\" height=\"{height}\" font-family=\"sans-serif\" font-size=\"11\">\n\
         <rect width=\"100%\" height=\"100%\" fill=\"white\"/>\n\
         <text x=\"10\" y=\"20\" font-size=\"14\">Events a second (logarithmic); blue: Ensue, grey: by hand</text>\n"
    );
    for power in 1..=6 {
        let (at, rate) = (x(10_f64.powi(power)), thousands(10_f64.powi(power)));
        let _ = writeln!(svg, "<line x1=\"{at}\" y1=\"{TOP}\" x2=\"{at}\" y2=\"{}\" stroke=\"#ddd\"/>", height - 20.0);
        let _ = writeln!(svg, "<text x=\"{at}\" y=\"{}\" text-anchor=\"middle\" fill=\"#888\">{rate}</text>", TOP - 6.0);
    }
    for (row, line) in lines.iter().enumerate() {
        let y = TOP + ROW * row as f64 + 2.0;
        let colour = if line.name.contains("by hand") { "#9a9a9a" } else { "#2f6fb7" };
        let (from, to, middle) = (x(line.slowest), x(line.fastest), y + ROW / 2.0 - 2.0);
        let _ = writeln!(svg, "<text x=\"{}\" y=\"{}\" text-anchor=\"end\">{}</text>", LABELS - 8.0, y + 11.0, escaped(&line.name));
        let _ = writeln!(
            svg,
            "<rect x=\"{LABELS}\" y=\"{y}\" width=\"{:.1}\" height=\"{}\" fill=\"{colour}\"/>",
            x(line.rate) - LABELS,
            ROW - 5.0
        );
        let _ = writeln!(svg, "<line x1=\"{from:.1}\" y1=\"{middle}\" x2=\"{to:.1}\" y2=\"{middle}\" stroke=\"black\"/>");
        let _ = writeln!(svg, "<text x=\"{:.1}\" y=\"{}\">{}</text>", x(line.fastest) + 5.0, y + 11.0, thousands(line.rate));
    }
    svg.push_str("</svg>\n");
    svg
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;")
}
