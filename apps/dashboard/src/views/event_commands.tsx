import { words } from "../data/event_filter";
import type { QueryText } from "../data/event_query";
import { CopyButton } from "../ui/copy_button";
import { hubAddress, quoted } from "../ui/page_address";

interface EventCommandsProps {
  typed: QueryText;
  /** The hub's parameter. */
  since: string;
  until: number | undefined;
}

/** The same filter for a terminal. curl's stream has no end. */
export function EventCommands({ typed, since, until }: EventCommandsProps) {
  const commands = [curlCommand(typed, since), subCommand(typed, since, until)];
  return (
    <details className="commands">
      <summary>As a command</summary>
      {commands.map((command) => (
        <p key={command}>
          <code>{command}</code> <CopyButton label="Copy" text={() => command} />
        </p>
      ))}
    </details>
  );
}

function curlCommand(typed: QueryText, since: string): string {
  const query = new URLSearchParams({ since });
  for (const type of words(typed.type)) if (!type.startsWith("-")) query.append("type", type);
  for (const topic of words(typed.topic)) query.append("topic", topic);
  return `curl -N ${quoted(`${hubAddress()}/events/watch?${query.toString()}`)}`;
}

function subCommand(typed: QueryText, since: string, until: number | undefined): string {
  const parts = ["sse-sub", "--url", quoted(hubAddress()), `--since=${since}`];
  if (until !== undefined) parts.push("--until", new Date(until).toISOString());
  for (const type of words(typed.type)) {
    if (type.startsWith("-")) parts.push("-E", quoted(type.slice(1)));
    else parts.push("-e", quoted(type));
  }
  for (const topic of words(typed.topic)) parts.push("-t", quoted(topic));
  const text = typed.text.trim();
  const expression = /^\/(.+)\/(i?)$/s.exec(text);
  if (expression)
    parts.push("--grep", quoted(`${expression[2] === "i" ? "(?i)" : ""}${expression[1] ?? ""}`));
  else if (text !== "") parts.push("--grep", quoted(`(?i)${text.replace(/[\\^$.|?*+()[\]{}]/g, "\\$&")}`));
  if (typed.where.trim() !== "") parts.push("--where", quoted(typed.where.trim()));
  return parts.join(" ");
}
