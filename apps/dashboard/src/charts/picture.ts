import type { ChartTheme } from "./theme";

export interface PictureLine {
  name: string;
  colour: string;
  dashes: readonly number[];
}

export interface PictureText {
  title: string;
  /** Below the title: which time it is. */
  note: string;
  /** Of several metrics, what is which; empty: the title says it. */
  lines: readonly PictureLine[];
}

const MARGIN = 16;
const TITLE = 17;
const LETTER = 12;
const ROW = 20;
const SWATCH = 28;

/** A chart with what stands around it on the page, in the page's colours, as PNG. */
export async function chartPicture(
  chart: HTMLCanvasElement,
  text: PictureText,
  theme: ChartTheme,
): Promise<Blob> {
  const ratio = chart.width / Math.max(1, chart.clientWidth);
  const width = chart.clientWidth + 2 * MARGIN;
  const top = MARGIN + TITLE + 8 + LETTER + 10;
  const height = top + text.lines.length * ROW + chart.clientHeight + MARGIN;
  const canvas = document.createElement("canvas");
  canvas.width = Math.round(width * ratio);
  canvas.height = Math.round(height * ratio);
  const context = canvas.getContext("2d");
  if (!context) throw new Error("this browser draws no pictures");
  context.scale(ratio, ratio);
  const style = getComputedStyle(document.documentElement);
  const { fontFamily } = getComputedStyle(document.body);
  const colour = (name: string) => style.getPropertyValue(name).trim();
  context.fillStyle = colour("--surface");
  context.fillRect(0, 0, width, height);
  context.textBaseline = "top";
  const write = (words: string, font: string, fill: string, left: number, y: number) => {
    context.font = `${font} ${fontFamily}`;
    context.fillStyle = fill;
    context.fillText(words, left, y, width - left - MARGIN);
  };
  write(text.title, `600 ${TITLE}px`, colour("--text"), MARGIN, MARGIN);
  write(text.note, `${LETTER}px`, theme.text, MARGIN, MARGIN + TITLE + 8);
  for (const [index, line] of text.lines.entries()) {
    const y = top + index * ROW;
    drawSwatch(context, line, y + LETTER / 2, theme.lineWidth * 1.3);
    write(line.name, `${LETTER}px`, colour("--text"), MARGIN + SWATCH + 8, y);
  }
  const below = top + text.lines.length * ROW;
  context.drawImage(chart, MARGIN, below, chart.clientWidth, chart.clientHeight);
  return new Promise((resolve, reject) =>
    canvas.toBlob((blob) => (blob ? resolve(blob) : reject(new Error("the picture is too large")))),
  );
}

function drawSwatch(context: CanvasRenderingContext2D, line: PictureLine, y: number, width: number): void {
  context.strokeStyle = line.colour;
  context.lineWidth = width;
  context.setLineDash([...line.dashes]);
  context.beginPath();
  context.moveTo(MARGIN, y);
  context.lineTo(MARGIN + SWATCH, y);
  context.stroke();
  context.setLineDash([]);
}
