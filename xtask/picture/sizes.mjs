// The window sizes that the first picture is drawn for, and in each the sizes of the parts that the lab measures: width and
// height of the canvas and of the timeline's plane, CSS px. `tests/e2e/picture.test.mjs` compares them with a browser's.

export const SIZES = [
  { at: "1440", viewport: [1440, 900], sizes: { canvas: [1092, 511], plane: [763, 500] } },
  { at: "1280", viewport: [1280, 720], sizes: { canvas: [932, 368], plane: [656, 486] } },
  { at: "768", viewport: [768, 1024], sizes: { canvas: [768, 560], plane: [558, 146] } },
  { at: "390", viewport: [390, 844], sizes: { canvas: [390, 1260], plane: [366, 272] } },
];
