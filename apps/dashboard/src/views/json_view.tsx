import { useState } from "react";

import { type JsonNode, pointerTo } from "../data/json_tree";
import { formatCount } from "../format/numbers";
import { beginning, visible } from "../format/texts";

// Deeper, or with more in them, they are closed at first: a page is not a megabyte long.
const OPEN_LEVELS = 3;
const MOST_OPEN = 60;
const MOST_SHOWN = 200;
const MOST_LETTERS = 2_000;

interface JsonViewProps {
  node: JsonNode;
  /** The JSON Pointer of a key that was pressed, and what is there. */
  onPick: (pointer: string, node: JsonNode) => void;
}

/** JSON as it was written, with what is nested to be folded. */
export function JsonView({ node, onPick }: JsonViewProps) {
  return (
    <div className="json">
      <Value node={node} pointer="" level={0} onPick={onPick} />
    </div>
  );
}

interface PlacedProps extends JsonViewProps {
  pointer: string;
  level: number;
}

function Value({ node, pointer, level, onPick }: PlacedProps) {
  if (node.kind === "object") {
    const entries = node.members.map(({ key, node: child }) => ({ key, shown: JSON.stringify(key), child }));
    return <Folding entries={entries} ends="{}" pointer={pointer} level={level} onPick={onPick} />;
  }
  if (node.kind === "array") {
    const entries = node.items.map((child, index) => ({ key: index, shown: String(index), child }));
    return <Folding entries={entries} ends="[]" pointer={pointer} level={level} onPick={onPick} />;
  }
  return <span className={`json-${node.kind}`}>{visible(beginning(node.text, MOST_LETTERS))}</span>;
}

interface FoldingProps extends Omit<PlacedProps, "node"> {
  entries: { key: string | number; shown: string; child: JsonNode }[];
  ends: string;
}

function Folding({ entries, ends, pointer, level, onPick }: FoldingProps) {
  const [isOpen, setOpen] = useState(level < OPEN_LEVELS && entries.length <= MOST_OPEN);
  const [most, setMost] = useState(MOST_SHOWN);
  if (entries.length === 0) return <span>{ends}</span>;
  return (
    <details open={isOpen} onToggle={(event) => setOpen(event.currentTarget.open)}>
      <summary>
        {ends.charAt(0)}
        <span className="json-size">{isOpen ? "" : ` ${formatCount(entries.length)} ${ends.charAt(1)}`}</span>
      </summary>
      {isOpen && (
        <ul>
          {entries.slice(0, most).map(({ key, shown, child }, index) => (
            <li key={index}>
              <button
                type="button"
                className="json-key"
                title={`Copy the path ${visible(pointerTo(pointer, key))}`}
                onClick={() => onPick(pointerTo(pointer, key), child)}
              >
                {visible(shown)}
              </button>
              {": "}
              <Value node={child} pointer={pointerTo(pointer, key)} level={level + 1} onPick={onPick} />
            </li>
          ))}
        </ul>
      )}
      {isOpen && entries.length > most && (
        <button type="button" onClick={() => setMost(most + 1_000)}>
          {formatCount(entries.length - most)} more
        </button>
      )}
      {isOpen && ends.charAt(1)}
    </details>
  );
}
