import type { Level, LimitStore, Side } from "./limits";
import type { Series } from "./series";
import { Signal } from "./signal";

export type AlertKind = Side | "silent";

/** A metric that is beyond a limit, or whose promised readings are missing. */
export interface Alert {
  id: string;
  name: string;
  kind: AlertKind;
  /** Silence is as bad as an amber limit. */
  level: Level;
  /** The newest value, when the alert began. */
  value: number;
  /** Since when, by the hub's clock. */
  since: number;
}

/** What has changed at a look: an alert that began, or one that is over. */
export interface AlertChange {
  alert: Alert;
  isOver: boolean;
}

/** The metrics that an operator should look at, found about once a second. */
export class AlertBook {
  readonly changed = new Signal();
  private alerts = new Map<string, Alert>();
  private list: readonly Alert[] = [];

  /** Red limits first, then amber ones, then silence; the same array until one begins or ends. */
  get all(): readonly Alert[] {
    return this.list;
  }

  /** What of it is new. A metric has one alert at a time: a limit counts more than silence. */
  look(all: readonly Series[], limits: LimitStore, now: number): AlertChange[] {
    const changes: AlertChange[] = [];
    const found = new Map<string, Alert>();
    for (const series of all) {
      const alert = alertOf(series, limits, now);
      const before = this.alerts.get(series.id);
      const kept =
        before && alert && before.kind === alert.kind && before.level === alert.level ? before : alert;
      if (kept) found.set(series.id, kept);
      if (kept === before) continue;
      if (alert) changes.push({ alert, isOver: false });
      else if (before) changes.push({ alert: before, isOver: true });
    }
    const isSame = changes.length === 0 && found.size === this.alerts.size;
    this.alerts = found;
    if (isSame) return changes;
    this.list = [...found.values()].sort((a, b) => rank(a) - rank(b) || a.since - b.since);
    this.changed.emit();
    return changes;
  }
}

function rank({ kind, level }: Alert): number {
  return kind === "silent" ? 2 : level === "warn" ? 1 : 0;
}

function alertOf(series: Series, limits: LimitStore, now: number): Alert | undefined {
  const { id, name } = series;
  const latest = series.latest(now);
  const broken = limits.broken(name, latest?.value);
  if (broken && latest) {
    const { level, side } = broken;
    return { id, name, kind: side, level, value: latest.value, since: latest.time };
  }
  const silent = series.silentSince(now);
  return silent === undefined
    ? undefined
    : { id, name, kind: "silent", level: "warn", value: latest?.value ?? Number.NaN, since: silent };
}
