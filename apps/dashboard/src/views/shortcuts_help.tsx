import { Dialog } from "../ui/dialog";

const SHORTCUTS: [string, string][] = [
  ["/", "search"],
  ["n", "new metric"],
  ["m", "metrics"],
  ["e", "events"],
  ["h", "hub"],
  ["c", "several metrics in one chart"],
  ["1 … 7", "window of 1 min … 24 h"],
  ["← ↑ → ↓", "from card to card"],
  ["*", "pin the card to the front, unpin it"],
  ["Shift ← →", "a pinned card to another place"],
  ["r", "rows, cards (on the metrics page)"],
  ["t", "from one time to another"],
  ["+ −", "zoom in, out (on a large chart's page)"],
  ["[ ]", "earlier, later (on a large chart's page)"],
  ["Ctrl wheel", "zoom a chart where the pointer is"],
  ["Shift wheel", "move a chart, as dragging with Shift does"],
  ["p", "pause, resume (on the events page)"],
  ["j k", "next, previous event (on the events page)"],
  ["f", "wall mode"],
  ["Space", "pause, go on (while a wall shows views in turn)"],
  ["Esc", "back to live"],
  ["d", "debug panel"],
  ["?", "these shortcuts"],
];

export function ShortcutsHelp({ onClose }: { onClose: () => void }) {
  return (
    <Dialog title="Keyboard" isLight onClose={onClose}>
      <dl className="shortcuts">
        {SHORTCUTS.map(([keys, what]) => (
          <div key={keys}>
            <dt>{keys.split(" ").map((key) => (key === "…" ? " … " : <kbd key={key}>{key}</kbd>))}</dt>
            <dd>{what}</dd>
          </div>
        ))}
      </dl>
    </Dialog>
  );
}
