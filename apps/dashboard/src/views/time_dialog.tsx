import { useState } from "react";

import { type Range, spanTrouble } from "../data/range";
import { EXAMPLES, parseSpan, spanText } from "../format/time_entry";
import { shownZone, zoneLabel } from "../format/times";
import { Dialog } from "../ui/dialog";
import { Field } from "../ui/field";
import { showRange } from "../ui/hooks";
import { useHub } from "../ui/hub";

/** Which time the charts show, as people write it. */
export function TimeDialog({ range, onClose }: { range: Range; onClose: () => void }) {
  const { live } = useHub();
  const [text, setText] = useState(() =>
    range.kind === "live" ? "" : spanText(String(range.from), String(range.to), live.hubNow(), shownZone()),
  );
  const [why, setWhy] = useState<string>();

  const show = () => {
    const now = live.hubNow();
    const entry = parseSpan(text, now, shownZone());
    if (!entry.ok) {
      setWhy(entry.why);
      return;
    }
    // Of the future there is nothing to be seen.
    const from = Math.round(entry.from.time);
    const to = Math.round(Math.min(now, entry.to?.time ?? now));
    const trouble = spanTrouble(from, to);
    if (trouble !== "") {
      setWhy(trouble);
      return;
    }
    showRange({ kind: "fixed", from, to });
    onClose();
  };

  return (
    <Dialog title="Time of the charts" onClose={onClose}>
      <form
        noValidate
        onSubmit={(event) => {
          event.preventDefault();
          show();
        }}
      >
        <Field
          label="From … to"
          name="time"
          value={text}
          onChange={(typed) => {
            setText(typed);
            setWhy(undefined);
          }}
          placeholder="10:20-10:40"
          error={why}
          hint={`${EXAMPLES}. Without an end: until now. Times are of ${zoneLabel(live.hubNow())}.`}
        />
        <div className="form-end">
          <button type="submit" className="primary">
            Show
          </button>
        </div>
      </form>
    </Dialog>
  );
}
