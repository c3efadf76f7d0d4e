import { useEffect, useRef, useState } from "react";

import { dashOf } from "../charts/dashes";
import { chartPicture } from "../charts/picture";
import { metricsAsCsv } from "../data/readings_file";
import { boundsOf, type Range } from "../data/range";
import type { Series } from "../data/series";
import { formatCount } from "../format/numbers";
import { unitOf } from "../format/quantities";
import { visible } from "../format/texts";
import { formatRange, zoneLabel } from "../format/times";
import { Dialog } from "../ui/dialog";
import { useHub } from "../ui/hub";
import { fileName, saveFile } from "../ui/save_file";

interface DownloadDialogProps {
  shown: readonly Series[];
  range: Range;
  onClose: () => void;
}

/** What is shown, as files: the readings of all metrics, and the chart if there is a large one. */
export function DownloadDialog({ shown, range, onClose }: DownloadDialogProps) {
  const { ports, live, theme } = useHub();
  const [said, setSaid] = useState("");
  const [failure, setFailure] = useState("");
  const [loading, setLoading] = useState<AbortController>();
  const current = useRef<AbortController>(undefined);
  useEffect(() => () => current.current?.abort(), []);

  const name = shown.length === 1 ? (shown[0]?.name ?? "") : "metrics";
  const all = `${formatCount(shown.length)} ${shown.length === 1 ? "metric" : "metrics"}`;
  // Of the moment in which it is downloaded.
  const spanNow = () => {
    const { from, to } = boundsOf(range, live.hubNow());
    return { from: Math.floor(from), to: Math.ceil(to) };
  };

  const failed = (error: unknown) =>
    setFailure(`That did not work: ${error instanceof Error ? error.message : "no answer"}`);
  const saveReadings = async () => {
    const run = new AbortController();
    current.current = run;
    setLoading(run);
    setFailure("");
    const progress = (done: number) => setSaid(`${formatCount(done)} of ${all} …`);
    try {
      const file = await metricsAsCsv(ports, shown, spanNow(), run.signal, progress);
      saveFile(new Blob(file.parts, { type: "text/csv" }), `${fileName(name, "readings")}.csv`);
      const cut = file.isCut ? " It was cut there: choose fewer metrics, or less time." : "";
      setSaid(`The file has ${formatCount(file.rows)} readings.${cut}`);
    } catch (error) {
      setSaid(run.signal.aborted ? "Stopped." : "");
      if (!run.signal.aborted) failed(error);
    }
    setLoading(undefined);
  };

  const savePicture = async () => {
    const chart = document.querySelector<HTMLCanvasElement>(".chart.with-axes canvas");
    if (!chart) return;
    setFailure("");
    const now = live.hubNow();
    const { from, to } = boundsOf(range, now);
    const names = shown.map(withUnit);
    const isMany = shown.length > 1;
    const lines = names.map((text, index) => ({
      name: text,
      colour: theme.lines[index] ?? theme.line,
      dashes: dashOf(index, theme.isForced),
    }));
    try {
      // With its day: a picture is looked at on another one.
      const note = `${formatRange(from, to, 0)}, ${zoneLabel(now)}`;
      const title = isMany ? all : (names[0] ?? "");
      const picture = await chartPicture(chart, { title, note, lines: isMany ? lines : [] }, theme);
      saveFile(picture, `${fileName(name, "chart")}.png`);
      setSaid("The picture was saved.");
    } catch (error) {
      failed(error);
    }
  };

  const hasChart = document.querySelector(".chart.with-axes canvas") !== null;
  return (
    <Dialog title="Download" isLight={!loading} onClose={onClose}>
      <div className="downloads">
        <p>
          {loading ? (
            <button type="button" onClick={() => loading.abort()}>
              Stop
            </button>
          ) : (
            <button type="button" disabled={shown.length === 0} onClick={() => void saveReadings()}>
              Readings as CSV
            </button>
          )}
          <span className="hint">All readings of {all} in the time that is shown, as the hub has them.</span>
        </p>
        {hasChart && (
          <p>
            <button type="button" onClick={() => void savePicture()}>
              Chart as PNG
            </button>
            <span className="hint">As it is now, in the colours of this page.</span>
          </p>
        )}
      </div>
      {failure !== "" && (
        <p className="error" role="alert">
          {failure}
        </p>
      )}
      <p className="hint" role="status">
        {said}
      </p>
    </Dialog>
  );
}

function withUnit(series: Series): string {
  const unit = unitOf(series);
  return unit === "" ? visible(series.name) : `${visible(series.name)} (${unit})`;
}
