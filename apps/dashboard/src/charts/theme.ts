import { Signal } from "../data/signal";

/** The page's colours, for canvases, which know no CSS variables. */
export class ChartTheme {
  readonly changed = new Signal();
  line = "";
  fill = "";
  grid = "";
  text = "";
  font = "";
  /** Of a line; more on a wall screen. */
  lineWidth = 1.25;

  constructor() {
    this.read();
    window.matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => this.read());
  }

  private read(): void {
    const style = getComputedStyle(document.documentElement);
    const of = (name: string) => style.getPropertyValue(name).trim();
    this.line = of("--accent");
    this.fill = of("--accent-fill");
    this.grid = of("--grid");
    this.text = of("--text-2");
    const size = Number.parseFloat(style.fontSize);
    this.font = `${0.75 * size}px ${getComputedStyle(document.body).fontFamily}`;
    this.lineWidth = size / 12;
    this.changed.emit();
  }
}
