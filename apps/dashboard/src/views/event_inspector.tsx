import { useMemo, useState } from "react";

import { timeOfEvent } from "../data/event_id";
import type { HubEvent } from "../data/event_parser";
import { indented, type JsonNode, parseJson, textOf } from "../data/json_tree";
import { formatBytes } from "../format/numbers";
import { formatExactTime, formatSpan } from "../format/times";
import { beginning, lineDiff, visible } from "../format/texts";
import { copyText, CopyButton } from "../ui/copy_button";
import { changeParams, useSecond } from "../ui/hooks";
import { hubAddress, quoted } from "../ui/page_address";
import { JsonView } from "./json_view";

// What a browser lays out in a moment. All of it is one press away.
const MOST_LETTERS = 20_000;

interface EventInspectorProps {
  event: HubEvent;
  /** The metric's name, for events that are about one. */
  subject: string;
  /** The event before it of the same type and topic, if it is in the list. */
  previous: HubEvent | undefined;
  onPublishAgain: (event: HubEvent) => void;
  onClose: () => void;
}

/** All of one event: what it holds stays as it was written. */
export function EventInspector({ event, subject, previous, onPublishAgain, onClose }: EventInspectorProps) {
  const [form, setForm] = useState<"tree" | "raw" | "diff">("tree");
  const [picked, setPicked] = useState<{ pointer: string; node: JsonNode }>();
  const now = useSecond();
  const time = timeOfEvent(event.id);
  const pick = (pointer: string, node: JsonNode) =>
    void copyText(pointer).then(() => setPicked({ pointer, node }));

  return (
    <section className="inspector" aria-labelledby="inspector-title">
      <div className="section-head">
        <h2 id="inspector-title">
          <bdi>{visible(event.type)}</bdi>
        </h2>
        <button type="button" className="icon" aria-label="Close event" onClick={onClose}>
          ✕
        </button>
      </div>
      <dl className="facts">
        {!Number.isNaN(time) && (
          <div>
            <dt>time</dt>
            <dd>
              {formatExactTime(time, now)},{" "}
              {formatSpan(Math.max(1_000, Math.round((now - time) / 1_000) * 1_000))} ago
            </dd>
          </div>
        )}
        <div>
          <dt>topic</dt>
          <dd>{event.topic === "" ? "none" : <bdi>{visible(event.topic)}</bdi>}</dd>
        </div>
        {subject !== event.topic && subject !== "" && (
          <div>
            <dt>metric</dt>
            <dd>
              <bdi>{visible(subject)}</bdi>
            </dd>
          </div>
        )}
        <div>
          <dt>id</dt>
          <dd>
            <code>{event.id === "" ? "none" : event.id}</code>
          </dd>
        </div>
        <div>
          <dt>size</dt>
          <dd>{formatBytes(new TextEncoder().encode(event.data).length)}</dd>
        </div>
      </dl>
      <div className="toolbar">
        <div className="segments" role="group" aria-label="Form of the data">
          {(["tree", "raw", "diff"] as const).map((choice) => (
            <button
              key={choice}
              type="button"
              aria-pressed={form === choice}
              disabled={choice === "diff" && !previous}
              onClick={() => setForm(choice)}
            >
              {choice === "tree" ? "Tree" : choice === "raw" ? "Raw" : "Changes"}
            </button>
          ))}
        </div>
        <CopyButton label="Copy data" text={() => event.data} />
        {event.id !== "" && <CopyButton label="Copy link" text={() => window.location.href} />}
        <CopyButton label="Copy as curl" text={() => curlOf(event)} />
        <button type="button" onClick={() => onPublishAgain(event)}>
          Publish again
        </button>
        <button type="button" onClick={() => changeParams({ type: event.type })}>
          Only this type
        </button>
        {event.topic !== "" && (
          <button type="button" onClick={() => changeParams({ topic: event.topic })}>
            Only this topic
          </button>
        )}
        {!Number.isNaN(time) && (
          <button
            type="button"
            title="All events from a minute before it to a minute after"
            onClick={() => changeParams(aroundIt(time))}
          >
            Around it
          </button>
        )}
      </div>
      <div className="picked">
        <p className="hint" role="status">
          {picked && `The path ${picked.pointer} was copied: use it as ${picked.pointer} > 90.`}
        </p>
        {picked && (
          <CopyButton key={picked.pointer} label="Copy its value" text={() => textOf(picked.node)} />
        )}
      </div>
      {/* eslint-disable-next-line jsx-a11y/no-noninteractive-tabindex -- what scrolls must be reached by keys */}
      <div className="inspector-data" tabIndex={0} role="group" aria-label="Data">
        {form === "diff" && previous ? (
          <Changes before={previous} after={event} />
        ) : (
          <Data text={event.data} isRaw={form === "raw"} onPick={pick} />
        )}
      </div>
    </section>
  );
}

const MINUTE = 60_000;

function aroundIt(time: number) {
  const span = { from: String(time - MINUTE), to: String(time + MINUTE) };
  return { since: null, type: null, topic: null, text: null, where: null, ...span };
}

interface DataProps {
  text: string;
  isRaw: boolean;
  onPick: (pointer: string, node: JsonNode) => void;
}

function Data({ text, isRaw, onPick }: DataProps) {
  const node = useMemo(() => (isRaw ? undefined : parseJson(text)), [text, isRaw]);
  const [isWhole, setWhole] = useState(false);
  if (node) return <JsonView key={text} node={node} onPick={onPick} />;
  return (
    <>
      <pre dir="auto">{visible(isWhole ? text : beginning(text, MOST_LETTERS))}</pre>
      {!isWhole && text.length > MOST_LETTERS && (
        <button type="button" onClick={() => setWhole(true)}>
          Show all {formatBytes(text.length)}
        </button>
      )}
    </>
  );
}

function Changes({ before, after }: { before: HubEvent; after: HubEvent }) {
  const lines = useMemo(() => lineDiff(pretty(before.data), pretty(after.data)), [before, after]);
  return (
    <pre className="diff">
      {lines.slice(0, 2_000).map(({ mark, line }, index) => (
        <span key={index} className={mark === "-" ? "gone" : mark === "+" ? "new" : undefined}>
          {`${mark} ${visible(line)}\n`}
        </span>
      ))}
    </pre>
  );
}

function pretty(data: string): string {
  const node = parseJson(data);
  return node ? indented(node) : data;
}

function curlOf(event: HubEvent): string {
  const data = parseJson(event.data) ? event.data : JSON.stringify(event.data);
  const fields = [`"type":${JSON.stringify(event.type)}`];
  if (event.topic !== "") fields.push(`"topic":${JSON.stringify(event.topic)}`);
  fields.push(`"data":${data}`);
  return `curl -d ${quoted(`{${fields.join(",")}}`)} ${quoted(`${hubAddress()}/events`)}`;
}
