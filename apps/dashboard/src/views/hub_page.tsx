import { type ReactNode, useEffect, useState, useSyncExternalStore } from "react";

import { byLabel, type Exposition, quantile } from "../data/exposition";
import { HubStatus } from "../data/hub_status";
import { formatBytes, formatCount, formatRate } from "../format/numbers";
import { formatQuantity, scaleOfOne } from "../format/quantities";
import { formatSpan } from "../format/times";
import { useHub } from "../ui/hub";
import { HubCluster } from "./hub_cluster";
import { HubStreams } from "./hub_streams";
import { HubIncidents, PageInterruptions } from "./interruptions";

/** The hub itself: its streams, its log, and what it did to them. */
export function HubPage() {
  const { ports } = useHub();
  const [status] = useState(() => new HubStatus(ports));
  useSyncExternalStore(status.changed.subscribe, () => status.version);
  useEffect(() => {
    const look = () => (document.visibilityState === "hidden" ? status.stop() : status.start());
    document.addEventListener("visibilitychange", look);
    look();
    return () => {
      document.removeEventListener("visibilitychange", look);
      status.stop();
    };
  }, [status]);

  const { now, refusal } = status;
  if (refusal && (refusal.status === 403 || !now))
    return <NotForThisPage status={refusal.status} why={refusal.reason} />;
  if (!now) return <p className="nothing">Loading …</p>;
  return (
    <section className="hub">
      <h1 tabIndex={-1}>Hub</h1>
      {refusal && (
        <p className="error" role="status">
          {refusal.reason}: these are the figures of before.
        </p>
      )}
      <Tiles status={status} now={now} />
      {status.cluster && <HubCluster cluster={status.cluster} />}
      <HubStreams status={status} />
      <section aria-labelledby="incidents-title">
        <div className="section-head">
          <h2 id="incidents-title">Gaps and closings</h2>
        </div>
        <HubIncidents all={status.incidents} />
        <h3>Of this page’s stream</h3>
        <PageInterruptions />
      </section>
      <MoreFigures now={now} />
    </section>
  );
}

function NotForThisPage({ status, why }: { status: number; why: string }) {
  return (
    <section className="nothing">
      <h1 tabIndex={-1}>Hub</h1>
      <p>{why}</p>
      {status === 403 && (
        <p>
          How the hub is, it tells pages on its own machine, those of <code>--admin-from</code>, and tokens
          with the permissions <code>observe</code> and <code>admin</code>.
        </p>
      )}
    </section>
  );
}

function Tiles({ status, now }: { status: HubStatus; now: Exposition }) {
  const { live } = useHub();
  const of = (name: string) => now.get(name) ?? Number.NaN;
  const version = [...byLabel(now, "sse_build_info", "version").keys()][0] ?? "unknown";
  const uptime = live.hubNow() - of("process_start_time_seconds") * 1_000;
  return (
    <div className="tiles">
      <Tile title="Streams" value={formatCount(status.open)}>
        <Bar
          label="of the limit"
          value={of("sse_streams_open")}
          most={of("sse_streams_limit")}
          text={formatCount}
        />
        <Row name="opened" value={rateText(status.rate("sse_streams_opened_total"))} />
        <Row name="polls that wait" value={countText(of("sse_polls_waiting"))} />
      </Tile>
      <Tile title="Events in" value={rateText(status.rate("sse_events_published_total"))}>
        <Spark values={status.rates("sse_events_published_total")} label="Events in each second" />
        <Row name="bytes" value={byteRate(status.rate("sse_published_bytes_total"))} />
      </Tile>
      <Tile title="Deliveries" value={rateText(status.rate("sse_deliveries_total"))}>
        <Spark values={status.rates("sse_deliveries_total")} label="Deliveries each second" />
        <Row name="bytes" value={byteRate(status.rate("sse_stream_sent_bytes_total"))} />
      </Tile>
      <Tile title="Log" value={`${countText(of("sse_log_events"))} events`}>
        <Bar label="memory" value={of("sse_log_bytes")} most={of("sse_log_limit_bytes")} text={formatBytes} />
        <Bar
          label="oldest"
          value={of("sse_log_oldest_event_age_seconds")}
          most={of("sse_log_limit_age_seconds")}
          text={(seconds) => formatSpan(Math.max(1, seconds * 1_000))}
        />
        <Bar
          label="events"
          value={of("sse_log_events")}
          most={of("sse_log_limit_events")}
          text={formatCount}
        />
      </Tile>
      <Reasons title="Gaps reported" name="sse_gaps_total" status={status} now={now} />
      <Reasons title="Streams closed" name="sse_streams_closed_total" status={status} now={now} />
      <Reasons title="Streams refused" name="sse_streams_refused_total" status={status} now={now} />
      {now.has("sse_journal_up") && <JournalTile status={status} now={now} />}
      {now.has("sse_journal_up") && (
        <Reasons title="Journal failures" name="sse_journal_failures_total" status={status} now={now} />
      )}
      {now.has("sse_archive_reads_total") && <ArchiveTile status={status} now={now} />}
      {now.has("sse_cluster_up") && <ClusterTile status={status} now={now} />}
      {now.has("sse_cluster_up") && (
        <Reasons title="Cluster failures" name="sse_cluster_failures_total" status={status} now={now} />
      )}
      <Tile title="Process" value={of("sse_draining") > 0 ? "draining" : "running"}>
        <Row name="version" value={version} />
        <Row name="up for" value={uptime > 0 ? formatSpan(Math.max(1_000, uptime)) : "–"} />
        <Row name="memory" value={formatBytes(of("process_resident_memory_bytes"))} />
        <Row name="processor" value={cpuText(status.rate("process_cpu_seconds_total"))} />
        <Bar
          label="descriptors"
          value={of("process_open_fds")}
          most={of("process_max_fds")}
          text={formatCount}
        />
      </Tile>
    </div>
  );
}

interface OwnTileProps {
  status: HubStatus;
  now: Exposition;
}

/** What a hub with a data directory does to keep events over a restart. */
function JournalTile({ status, now }: OwnTileProps) {
  const of = (name: string) => now.get(name) ?? Number.NaN;
  const before = status.history[0]?.values;
  // Over the time that the page was open; of a page that has just been opened, since the hub's start.
  const commit =
    quantile(before, now, "sse_journal_commit_seconds", 0.99) ??
    quantile(undefined, now, "sse_journal_commit_seconds", 0.99);
  const isUp = of("sse_journal_up") > 0;
  return (
    <Tile
      title="Journal"
      value={isUp ? `${rateText(status.rate("sse_journal_commits_total"))} commits` : "failed"}
    >
      {!isUp && <p className="error">Nothing can be published: see the hub’s log.</p>}
      <Spark values={status.rates("sse_journal_commits_total")} label="Commits each second" />
      <Row name="commit p99, with sync" value={commit === undefined ? "–" : commitText(commit)} />
      <Row name="syncs" value={rateText(status.rate("sse_journal_syncs_total"))} />
      <Bar
        label="on disk"
        value={of("sse_journal_used_bytes")}
        most={of("sse_journal_limit_bytes")}
        text={formatBytes}
      />
      <Bar
        label={`pending: ${countText(of("sse_journal_pending_appends"))} appends`}
        value={of("sse_journal_pending_bytes")}
        most={of("sse_journal_pending_limit_bytes")}
        text={formatBytes}
      />
    </Tile>
  );
}

/** What such a hub reads back of the history that memory has let go of. */
function ArchiveTile({ status, now }: OwnTileProps) {
  const of = (name: string) => now.get(name) ?? Number.NaN;
  const hits = of('sse_archive_lookups_total{result="hit"}');
  const all = hits + of('sse_archive_lookups_total{result="miss"}');
  return (
    <Tile title="Archive" value={`${rateText(status.rate("sse_archive_reads_total"))} reads`}>
      <Row name="bytes" value={byteRate(status.rate("sse_archive_read_bytes_total"))} />
      <Row name="found in memory" value={all > 0 ? `${Math.round((hits / all) * 100)}%` : "–"} />
      <Row name="streams that wait" value={countText(of("sse_archive_waiting_streams"))} />
      <Row name="failed reads" value={countText(of("sse_archive_failed_reads_total"))} />
      <Bar
        label="in memory"
        value={of("sse_archive_cached_bytes")}
        most={of("sse_archive_limit_bytes")}
        text={formatBytes}
      />
    </Tile>
  );
}

/** How a hub stands with the Redis that it shares with others. */
function ClusterTile({ status, now }: OwnTileProps) {
  const of = (name: string) => now.get(name) ?? Number.NaN;
  const isUp = of("sse_cluster_up") > 0;
  return (
    <Tile title="Cluster" value={isUp ? hubsText(of("sse_cluster_nodes")) : "Redis is away"}>
      {!isUp && <p className="error">Nothing can be published; streams go on.</p>}
      <Spark values={status.rates("sse_cluster_entries_total")} label="Entries read each second" />
      <Row name="behind Redis" value={`${countText(of("sse_cluster_lag_events"))} events`} />
      <Row name="appends" value={rateText(status.rate("sse_cluster_appends_total"))} />
      <Row name="fail-overs" value={countText(of("sse_cluster_failovers_total"))} />
      <Row name="of them with a loss" value={countText(of("sse_cluster_resets_total"))} />
      <Bar
        label={`pending: ${countText(of("sse_cluster_pending_appends"))} appends`}
        value={of("sse_cluster_pending_bytes")}
        most={of("sse_cluster_pending_limit_bytes")}
        text={formatBytes}
      />
    </Tile>
  );
}

function hubsText(count: number): string {
  return count === 1 ? "1 hub" : `${countText(count)} hubs`;
}

function commitText(seconds: number): string {
  return Number.isFinite(seconds) ? `at most ${formatSpan(seconds * 1_000)}` : "beyond the scale";
}

function Tile({ title, value, children }: { title: string; value: string; children: ReactNode }) {
  return (
    <section className="tile">
      <h2>{title}</h2>
      <p className="tile-value">{value}</p>
      {children}
    </section>
  );
}

function Row({ name, value }: { name: string; value: string }) {
  return (
    <p className="tile-row">
      <span>{name}</span>
      <span>{value}</span>
    </p>
  );
}

interface BarProps {
  label: string;
  value: number;
  most: number;
  text: (value: number) => string;
}

/** How near to its limit something is. */
function Bar({ label, value, most, text }: BarProps) {
  if (Number.isNaN(value)) return null;
  const hasLimit = Number.isFinite(most) && most > 0;
  const part = hasLimit ? Math.min(1, value / most) : 0;
  return (
    <div className="tile-bar">
      <Row name={label} value={hasLimit ? `${text(value)} of ${text(most)}` : `${text(value)}, no limit`} />
      {hasLimit && <meter min={0} max={1} high={0.9} value={part} aria-label={label} />}
    </div>
  );
}

interface ReasonsProps {
  title: string;
  name: string;
  status: HubStatus;
  now: Exposition;
}

/** A counter with reasons: those that have occurred, and what they did lately. */
function Reasons({ title, name, status, now }: ReasonsProps) {
  const reasons = [...byLabel(now, name, "reason")].filter(([, count]) => count > 0);
  const all = reasons.reduce((sum, [, count]) => sum + count, 0);
  return (
    <Tile title={title} value={formatCount(all)}>
      {reasons.length === 0 && <p className="hint">none since its start</p>}
      {reasons
        .sort((a, b) => b[1] - a[1])
        .slice(0, 4)
        .map(([reason, count]) => (
          <div key={reason}>
            <Row name={reason} value={formatCount(count)} />
            <Spark values={status.rates(`${name}{reason="${reason}"}`)} label={`${title}: ${reason}`} />
          </div>
        ))}
    </Tile>
  );
}

/** The last five minutes as a line, without a scale. */
function Spark({ values, label }: { values: readonly number[]; label: string }) {
  const most = Math.max(...values, 0);
  const points = values.map((value, index) => {
    const x = values.length < 2 ? 0 : (index * 100) / (values.length - 1);
    return `${x.toFixed(1)},${(19 - (most > 0 ? (value / most) * 18 : 0)).toFixed(1)}`;
  });
  return (
    <svg className="spark" viewBox="0 0 100 20" preserveAspectRatio="none" role="img" aria-label={label}>
      <polyline points={points.join(" ")} vectorEffect="non-scaling-stroke" />
    </svg>
  );
}

/** What a hub has that others have not: a directory, credentials, a cluster. */
function MoreFigures({ now }: { now: Exposition }) {
  const shown = [...now].filter(([name]) =>
    /^sse_(journal|archive|rate|cluster|metrics|readings)/.test(name),
  );
  if (shown.length === 0) return null;
  return (
    <details className="commands">
      <summary>Further figures ({formatCount(shown.length)})</summary>
      <dl className="figures">
        {shown.map(([name, value]) => (
          <div key={name}>
            <dt>
              <code>{name}</code>
            </dt>
            <dd>{Number.isFinite(value) ? value.toLocaleString("en-US") : "no limit"}</dd>
          </div>
        ))}
      </dl>
    </details>
  );
}

function countText(value: number): string {
  return Number.isNaN(value) ? "–" : formatCount(value);
}

function rateText(rate: number | undefined): string {
  return rate === undefined ? "–" : `${formatRate(rate)}/s`;
}

function byteRate(rate: number | undefined): string {
  return rate === undefined ? "–" : formatQuantity(Math.round(rate), scaleOfOne(Math.round(rate), "B/s"));
}

function cpuText(rate: number | undefined): string {
  return rate === undefined ? "–" : `${Math.round(rate * 100)}% of a core`;
}
