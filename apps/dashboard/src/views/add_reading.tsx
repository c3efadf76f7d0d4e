import { useState } from "react";

import type { Series } from "../data/series";
import { addReading } from "../data/writes";
import { Field } from "../ui/field";
import { HubForm } from "../ui/hub_form";
import { useHub } from "../ui/hub";

export function AddReading({ series }: { series: Series }) {
  const { ports, live } = useHub();
  const [value, setValue] = useState("");
  const [timestamp, setTimestamp] = useState("");
  const [added, setAdded] = useState("");
  return (
    <section className="add-reading" aria-labelledby="add-reading-title">
      <h2 id="add-reading-title">Add a reading</h2>
      <HubForm
        submitLabel="Add"
        send={() => {
          setAdded("");
          return addReading(ports, series.id, value, timestamp, live.hubNow());
        }}
        onDone={() => {
          setAdded(`${value} was added.`);
          setValue("");
        }}
      >
        {(errorOf) => (
          <>
            <Field
              label="Value"
              name="value"
              inputMode="decimal"
              value={value}
              onChange={setValue}
              error={errorOf("value") ?? errorOf("metric_id")}
            />
            <Field
              label="Time"
              name="timestamp"
              value={timestamp}
              onChange={setTimestamp}
              placeholder="now"
              error={errorOf("timestamp")}
              hint="now, -5m, 12:16, or 2026-01-31T12:00:00Z. Empty: now."
            />
          </>
        )}
      </HubForm>
      <p className="hint" role="status">
        {added}
      </p>
    </section>
  );
}
