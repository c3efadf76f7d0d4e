import type { Cluster, ClusterNode } from "../data/cluster";
import { formatBytes, formatCount } from "../format/numbers";
import { visible } from "../format/texts";

/** The hubs that share a log, and their Redis. */
export function HubCluster({ cluster }: { cluster: Cluster }) {
  return (
    <section aria-labelledby="hubs-title">
      <div className="section-head">
        <h2 id="hubs-title">Hubs of the cluster</h2>
      </div>
      <p className={cluster.engine.isUp ? "hint" : "error"}>{engineText(cluster)}</p>
      <div className="wide">
        <table className="streams hubs">
          <thead>
            <tr>
              <th scope="col">Hub</th>
              <th scope="col">Address</th>
              <th scope="col">Version</th>
              <th scope="col" className="number">
                Streams
              </th>
              <th scope="col" className="number">
                Behind
              </th>
              <th scope="col">State</th>
            </tr>
          </thead>
          <tbody>
            {cluster.nodes.map((node) => (
              <NodeRow key={node.id} node={node} />
            ))}
          </tbody>
        </table>
      </div>
    </section>
  );
}

function NodeRow({ node }: { node: ClusterNode }) {
  return (
    <tr className={node.isUp ? undefined : "is-blocked"}>
      <td>
        <bdi>{visible(node.name)}</bdi>
        {node.isSelf && <span className="hint"> this one</span>}
      </td>
      <td>
        <bdi>{visible(node.address)}</bdi>
      </td>
      <td>{visible(node.version)}</td>
      <td className="number">{formatCount(node.streams)}</td>
      <td className="number">{node.lagEvents === 0 ? "0" : `${formatCount(node.lagEvents)} events`}</td>
      <td>{node.isUp ? "up" : "silent"}</td>
    </tr>
  );
}

function engineText({ engine }: Cluster): string {
  if (!engine.isUp) return `Redis at ${visible(engine.address)}: ${visible(engine.error)}`;
  const memory =
    engine.memoryLimit > 0
      ? `${formatBytes(engine.memoryUsed)} of ${formatBytes(engine.memoryLimit)}`
      : formatBytes(engine.memoryUsed);
  const replicas = engine.replicas.length === 0 ? "no replica" : `replicas: ${engine.replicas.join(", ")}`;
  return visible(`Redis ${engine.version} at ${engine.address}, ${memory} of memory, ${replicas}`);
}
