import { useState } from "react";

import type { HubEvent } from "../data/event_parser";
import { parseJson } from "../data/json_tree";
import { publishEvent } from "../data/writes";
import { Dialog } from "../ui/dialog";
import { Field } from "../ui/field";
import { HubForm } from "../ui/hub_form";
import { useHub } from "../ui/hub";

interface PublishEventProps {
  /** What the fields begin with. */
  like: HubEvent | undefined;
  onClose: () => void;
  onPublished: (id: string) => void;
}

export function PublishEvent({ like, onClose, onPublished }: PublishEventProps) {
  const { ports } = useHub();
  const [type, setType] = useState(like?.type ?? "");
  const [topic, setTopic] = useState(like?.topic ?? "");
  const [data, setData] = useState(like?.data ?? "");
  const [key, setKey] = useState(randomKey);
  return (
    <Dialog title={like ? "Publish again" : "Publish an event"} onClose={onClose}>
      <HubForm
        submitLabel="Publish"
        send={() => publishEvent(ports, type, topic, data, key)}
        onDone={onPublished}
      >
        {(errorOf) => (
          <>
            <Field
              label="Type"
              name="type"
              value={type}
              onChange={setType}
              placeholder="message"
              error={errorOf("type")}
            />
            <Field
              label="Topic"
              name="topic"
              value={topic}
              onChange={setTopic}
              placeholder="none"
              error={errorOf("topic")}
            />
            <Field
              label="Data"
              name="data"
              rows={6}
              value={data}
              onChange={setData}
              error={errorOf("data")}
              hint={parseJson(data) ? "JSON: sent as it is written." : "Not JSON: sent as a text."}
            />
            <Field
              label="Idempotency key"
              name="key"
              value={key}
              onChange={setKey}
              hint="A second request with the same key publishes nothing. Empty: none."
            />
          </>
        )}
      </HubForm>
    </Dialog>
  );
}

// crypto.randomUUID() is for pages with https only.
function randomKey(): string {
  return Array.from(crypto.getRandomValues(new Uint32Array(4)), (word) =>
    word.toString(16).padStart(8, "0"),
  ).join("");
}
