// An event id is a UUIDv7 whose bits are a position in the hub's log; see docs/stream.md of the repository.

const SHAPE = /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;

/** When the hub took the event, in milliseconds since 1970 by its clock; NaN for what is not an event id. */
export function timeOfEvent(id: string): number {
  return SHAPE.test(id) ? Number.parseInt(id.slice(0, 8) + id.slice(9, 13), 16) : Number.NaN;
}

/** The number of the event in its log, from 1. */
export function sequenceOfEvent(id: string): number {
  return SHAPE.test(id) ? Number.parseInt(id.slice(24), 16) : Number.NaN;
}

/** The 26 bits that name the log: another after each start of a hub that keeps its log in memory. */
export function epochOfEvent(id: string): string {
  if (!SHAPE.test(id)) return "";
  const high = Number.parseInt(id.slice(15, 18), 16);
  const low = Number.parseInt(id.slice(19, 23), 16) & 0x3fff;
  return (high * 0x4000 + low).toString(16).padStart(7, "0");
}
