import { useState } from "react";

import { EXAMPLES, parseSpan, spanText } from "../format/time_entry";
import { shownZone } from "../format/times";
import { changeParams, replacePath } from "../ui/hooks";
import { useHub } from "../ui/hub";

const ID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

interface EventTimeFieldProps {
  /** As in the address. */
  from: string;
  to: string;
  isWrong: boolean;
  /** What was typed cannot be read, for this reason; empty: it can. */
  onMistyped: (why: string) => void;
}

/** When events were. What is typed counts from Enter on, or when the field is left; the id of an event goes there. */
export function EventTimeField({ from, to, isWrong, onMistyped }: EventTimeFieldProps) {
  const { live } = useHub();
  const address = `${from} ${to}`;
  // What is typed goes when the address changes otherwise.
  const [typed, setTyped] = useState<{ text: string; over: string }>();
  const draft = typed?.over === address ? typed.text : undefined;

  const done = () => {
    setTyped(undefined);
    onMistyped("");
  };
  const type = (text: string) => {
    if (ID.test(text.trim())) {
      done();
      replacePath(`/events/${text.trim().toLowerCase()}`);
    } else if (text === "") {
      done();
      changeParams({ from: null, to: null });
    } else {
      setTyped({ text, over: address });
    }
  };
  const take = () => {
    if (draft === undefined) return;
    const entry = parseSpan(draft, live.hubNow(), shownZone());
    if (!entry.ok) {
      onMistyped(entry.why);
      return;
    }
    done();
    changeParams({ since: null, from: entry.from.param, to: entry.to?.param ?? null });
  };

  return (
    <input
      type="search"
      id="event-time"
      value={draft ?? spanText(from, to, live.hubNow(), shownZone())}
      aria-label="Time, or the id of an event"
      placeholder="When: 10:20-10:40, -15m"
      title={`${EXAMPLES}; or the id of an event`}
      aria-invalid={isWrong}
      aria-keyshortcuts="t"
      aria-describedby={isWrong ? "event-time-trouble" : undefined}
      onChange={(event) => type(event.target.value)}
      onKeyDown={(event) => event.key === "Enter" && take()}
      onBlur={take}
    />
  );
}
