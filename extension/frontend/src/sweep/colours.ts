/**
 * The viridis scale (Smith and van der Walt, CC0): its lightness rises evenly, so it reads the same
 * to the colour-blind and in print.
 */
const STOPS: readonly (readonly [number, number, number])[] = [
  [68, 1, 84], [72, 36, 117], [65, 68, 135], [53, 95, 141], [42, 120, 142], [33, 145, 140],
  [34, 168, 132], [68, 191, 112], [122, 209, 81], [189, 223, 38], [253, 231, 37],
];
const STEPS = 256;

interface Step {
  fill: string;
  /** Colour of text on it. */
  ink: string;
}

const SCALE: readonly Step[] = Array.from({ length: STEPS }, (_, i) => {
  const at = (i / (STEPS - 1)) * (STOPS.length - 1);
  const from = Math.min(STOPS.length - 2, Math.floor(at));
  const share = at - from;
  const [a, b] = [STOPS[from], STOPS[from + 1]] as [readonly number[], readonly number[]];
  const [red, green, blue] = a.map((value, k) => Math.round(value + share * ((b[k] as number) - value))) as [number, number, number];
  return { fill: `rgb(${red},${green},${blue})`, ink: luminance(red, green, blue) > 0.3 ? "#10151c" : "#ffffff" };
});

/** Relative luminance of an sRGB colour, WCAG 2. */
function luminance(...channels: [number, number, number]): number {
  const [red, green, blue] = channels.map((value) => {
    const share = value / 255;
    return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
  }) as [number, number, number];
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}

/** The colour of a share, 0 to 1. */
export function stepAt(share: number): Step {
  return SCALE[Math.max(0, Math.min(STEPS - 1, Math.round(share * (STEPS - 1))))] as Step;
}

/** The scale as a CSS gradient, to the right. */
export const GRADIENT = `linear-gradient(to right, ${STOPS.map((stop) => `rgb(${stop.join(",")})`).join(", ")})`;
