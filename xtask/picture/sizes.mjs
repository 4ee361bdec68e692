// The windows that the first picture is drawn for, and how large in them the parts are whose size the lab asks for: width and
// height of the canvas and of the timeline's plane, CSS px. `tests/e2e/picture.test.mjs` compares them with a browser's.

export const SIZES = [
  { at: "1440", viewport: [1440, 900], sizes: { canvas: [1092, 500], plane: [800, 100] } },
  { at: "1280", viewport: [1280, 720], sizes: { canvas: [932, 400], plane: [640, 100] } },
  { at: "768", viewport: [768, 1024], sizes: { canvas: [768, 800], plane: [600, 100] } },
  { at: "390", viewport: [390, 844], sizes: { canvas: [390, 900], plane: [300, 100] } },
];
