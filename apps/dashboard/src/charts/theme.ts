import { Signal } from "../data/signal";
import { MOST_SERIES } from "./dashes";

/** The page's colours, for canvases, which know no CSS variables. */
export class ChartTheme {
  readonly changed = new Signal();
  line = "";
  /** Of the metrics of one chart. */
  lines: readonly string[] = [];
  mark = "";
  bad = "";
  warning = "";
  fill = "";
  grid = "";
  text = "";
  font = "";
  /** The height of the font, in pixels. */
  letter = 11;
  /** Of a line; more on a wall screen. */
  lineWidth = 1.25;
  /** Charts move only when there is something new. */
  isStill = false;
  /** The system chooses the colours: lines differ by their dashes, too. */
  isForced = false;

  private readonly motion = window.matchMedia("(prefers-reduced-motion: reduce)");
  private readonly forced = window.matchMedia("(forced-colors: active)");

  constructor() {
    this.read();
    window.matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => this.read());
    this.motion.addEventListener("change", () => this.read());
    this.forced.addEventListener("change", () => this.read());
    // The size of a letter depends on the window's, and on the zoom.
    window.addEventListener("resize", () => this.read());
  }

  private read(): void {
    const style = getComputedStyle(document.documentElement);
    const of = (name: string) => style.getPropertyValue(name).trim();
    this.line = of("--accent");
    this.lines = Array.from({ length: MOST_SERIES }, (_, index) => of(`--series-${index + 1}`));
    this.mark = of("--mark");
    this.bad = of("--bad");
    this.warning = of("--warning");
    this.fill = of("--accent-fill");
    this.grid = of("--grid");
    this.text = of("--text-2");
    const size = Number.parseFloat(style.fontSize);
    // Whole: uPlot scales "11.6px" by what stands behind the point.
    this.font = `${Math.round(0.75 * size)}px ${getComputedStyle(document.body).fontFamily}`;
    this.letter = Math.round(0.75 * size);
    this.lineWidth = size / 12;
    this.isForced = this.forced.matches;
    this.isStill = this.motion.matches;
    this.changed.emit();
  }
}
