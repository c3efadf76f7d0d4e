// Of the log, of the journal that fills it, and of history that is read back.

#include "sse/api/series.h"
#include "sse/api/series_forms.h"
#include "sse/log/archive.h"
#include "sse/log/cluster_counts.h"
#include "sse/log/event_log.h"
#include "sse/log/journal_counts.h"

namespace sse::api {

void append_log_series(Exposition& out, log::EventLog& log) {
  const log::LogUsage usage = log.usage();
  const log::Retention& retention = log.retention();
  append_counter(out, "sse_events_published_total", "Events kept in the log.", usage.appended);
  append_counter(out, "sse_published_bytes_total", "Bytes of published events, as they are sent.",
                 usage.appended_bytes);
  append_gauge(out, "sse_log_events", "Events in the log now.", static_cast<double>(usage.events));
  append_gauge(out, "sse_log_pairs", "Pairs of type and topic that are told apart now.",
               static_cast<double>(usage.pairs));
  append_gauge(out, "sse_log_bytes", "Memory of the log, its index included.",
               static_cast<double>(usage.bytes));
  append_gauge(out, "sse_log_oldest_event_age_seconds",
               "Age of the oldest event in the log; 0 when it is empty.",
               seconds(usage.oldest_age));
  append_gauge(out, "sse_log_limit_events", "Events that are kept (--max-log-events).",
               limit_of(retention.max_events));
  append_gauge(out, "sse_log_limit_pairs", "Pairs that may be told apart (--max-pairs).",
               static_cast<double>(log.max_pairs()));
  append_gauge(out, "sse_log_limit_bytes", "Memory for events (--max-log-bytes).",
               static_cast<double>(retention.max_bytes));
  append_gauge(out, "sse_log_limit_age_seconds", "How long events are kept (--ttl).",
               retention.ttl.count() > 0 ? seconds(retention.ttl) : HUGE_VAL);
}

void append_journal_series(Exposition& out, const log::JournalCounts& counts, bool is_up) {
  append_gauge(out, "sse_journal_up", "1 while the journal takes events.", is_up ? 1 : 0);
  append_counter(out, "sse_journal_commits_total", "Commits to the data directory that succeeded.",
                 counts.commits);
  append_counter(out, "sse_journal_failed_commits_total",
                 "Attempts at a commit that failed; one may be made again.", counts.failed_commits);
  append_counter(out, "sse_journal_events_total", "Events in commits that succeeded.",
                 counts.events);
  append_counter(out, "sse_journal_syncs_total",
                 "Syncs of the data directory's files, checkpoints included.", counts.syncs);
  out.histogram("sse_journal_commit_seconds", "How long successful commits took, with their sync.");
  constexpr auto& kBounds = log::CommitTimes::kBounds;
  const auto bounds = converted<kBounds.size()>(seconds, kBounds);
  out.buckets({}, bounds, counts.commit_times.buckets, seconds(counts.commit_times.sum));
  append_gauge(out, "sse_journal_pending_appends", "Appends that wait for their commit.",
               static_cast<double>(counts.pending_appends));
  append_gauge(out, "sse_journal_pending_bytes", "Bytes of appends that wait for their commit.",
               static_cast<double>(counts.pending_bytes));
  append_gauge(out, "sse_journal_pending_limit_bytes",
               "Bytes of appends that may wait (--max-pending).", limit_of(counts.pending_limit));
  append_gauge(out, "sse_journal_disk_bytes", "Bytes of events, as they are kept on disk.",
               static_cast<double>(counts.disk_bytes));
  append_gauge(out, "sse_journal_used_bytes", "Bytes of the disk that the directory takes.",
               static_cast<double>(counts.used_bytes));
  append_gauge(out, "sse_journal_limit_bytes",
               "Bytes that the directory may take (--max-disk-bytes).",
               limit_of(counts.used_limit));
  out.counter("sse_journal_failures_total", "What did not get to the disk, by reason.");
  for (const auto failure : log::kJournalFailures) {
    out.sample({{"reason", log::to_string(failure)}}, counts.of(failure));
  }
}

void append_cluster_series(Exposition& out, const log::ClusterCounts& counts) {
  append_gauge(out, "sse_cluster_up", "1 while the cluster's Redis answers.", counts.is_up ? 1 : 0);
  append_gauge(out, "sse_cluster_nodes",
               "Hubs that share the log, with this one; 0: not known yet.",
               static_cast<double>(counts.nodes));
  append_gauge(out, "sse_cluster_epoch", "The epoch in the ids of new events.", counts.epoch);
  append_gauge(out, "sse_cluster_head", "Sequence of the newest event here.",
               static_cast<double>(counts.head));
  append_gauge(out, "sse_cluster_lag_events", "Events that Redis has, and that are not here yet.",
               static_cast<double>(counts.lag_events));
  append_counter(out, "sse_cluster_appends_total",
                 "Appends to the stream, each of all that had gathered.", counts.calls);
  append_counter(out, "sse_cluster_events_total", "Events that this hub has appended.",
                 counts.own_events);
  append_counter(out, "sse_cluster_entries_total", "Entries that were read, from all hubs.",
                 counts.entries);
  append_counter(out, "sse_cluster_reconnects_total", "Connections made after one was lost.",
                 counts.reconnects);
  append_counter(out, "sse_cluster_failovers_total",
                 "Times that Redis was another one, or restarted, and an epoch began.",
                 counts.fail_overs);
  append_counter(out, "sse_cluster_resets_total",
                 "Times that streams were reset, since Redis had lost events.", counts.resets);
  append_counter(out, "sse_cluster_damaged_entries_total",
                 "Entries of the stream that could not be read, and are left out.", counts.damaged);
  append_gauge(out, "sse_cluster_pending_appends", "Appends that wait for Redis.",
               static_cast<double>(counts.pending_appends));
  append_gauge(out, "sse_cluster_pending_bytes", "Bytes of these appends.",
               static_cast<double>(counts.pending_bytes));
  append_gauge(out, "sse_cluster_pending_limit_bytes", "Bytes that may wait (--max-pending).",
               limit_of(counts.pending_limit));
  out.counter("sse_cluster_failures_total", "What did not get into the stream, by reason.");
  out.sample({{"reason", "refused"}}, counts.failed);
  out.sample({{"reason", "timeout"}}, counts.timed_out);
  out.sample({{"reason", "pending"}}, counts.refused);
}

void append_archive_series(Exposition& out, const log::ArchiveCounts& counts,
                           std::uint64_t waiting_streams) {
  append_counter(out, "sse_archive_reads_total",
                 "Parts of the history that were read from the disk, or from Redis.", counts.reads);
  append_counter(out, "sse_archive_read_bytes_total", "Bytes of these parts.", counts.bytes_read);
  append_counter(out, "sse_archive_failed_reads_total", "Reads that failed and are tried again.",
                 counts.failed_reads);
  out.counter("sse_archive_lookups_total",
              "Lookups in the cache of parts, by whether the part was there.");
  out.sample({{"result", "hit"}}, counts.hits);
  out.sample({{"result", "miss"}}, counts.misses);
  append_gauge(out, "sse_archive_waiting_reads", "Parts that wait to be read.",
               static_cast<double>(counts.waiting_loads));
  append_gauge(out, "sse_archive_waiting_streams", "Streams that wait for a part to be read.",
               static_cast<double>(waiting_streams));
  append_gauge(out, "sse_archive_cached_bytes", "Memory of the parts that are cached.",
               static_cast<double>(counts.cached_bytes));
  append_gauge(out, "sse_archive_limit_bytes",
               "Memory that cached parts may have (--history-cache).",
               static_cast<double>(counts.limit_bytes));
}

}  // namespace sse::api
