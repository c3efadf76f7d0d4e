import { useState } from "react";

import { createMetric } from "../data/writes";
import { Dialog } from "../ui/dialog";
import { Field } from "../ui/field";
import { HubForm } from "../ui/hub_form";
import { useHub } from "../ui/hub";

interface CreateMetricProps {
  onClose: () => void;
  onCreated: (id: string, name: string) => void;
}

export function CreateMetric({ onClose, onCreated }: CreateMetricProps) {
  const { ports, live } = useHub();
  const [name, setName] = useState("");
  const [inputFrequency, setInputFrequency] = useState("1s");
  const [unit, setUnit] = useState("");
  return (
    <Dialog title="New metric" onClose={onClose}>
      <HubForm
        submitLabel="Create"
        send={() => createMetric(ports, name, inputFrequency, unit)}
        onDone={(id) => onCreated(id, name)}
      >
        {(errorOf) => (
          <>
            <Field
              label="Name"
              name="name"
              value={name}
              onChange={setName}
              error={errorOf("name")}
              hint={
                live.store.all.some((series) => series.name === name)
                  ? "There is a metric of this name already; this would be another one."
                  : ""
              }
            />
            <Field
              label="A reading every"
              name="input_frequency"
              value={inputFrequency}
              onChange={setInputFrequency}
              error={errorOf("input_frequency")}
              hint="How far apart readings will come: 500ms, 1s, 1m30s, or 10Hz. Empty: irregular."
            />
            <Field
              label="Unit"
              name="unit"
              value={unit}
              onChange={setUnit}
              error={errorOf("unit")}
              hint="Of its values: bytes, ms, percent, °C, req/s. Empty: what the name ends with, if that is one."
            />
          </>
        )}
      </HubForm>
    </Dialog>
  );
}
