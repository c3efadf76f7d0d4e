import { memo } from "react";

import { TimeChart } from "../charts/time_chart";
import { visible } from "../format/texts";
import {
  Change,
  ChooseBox,
  Latest,
  type MetricCardProps,
  MetricName,
  PinButtons,
  Rhythm,
  useLook,
} from "./metric_card";

/** A metric in one line: as many of them as a screen can hold. */
export const MetricRow = memo(function MetricRow(props: MetricCardProps) {
  const { series, range, href, index, count, isChosen, onChoose, pinning } = props;
  const { now, summary, broken, classes } = useLook(series, range, "metric-row");
  const isWrong = broken !== undefined || series.silentSince(now) !== undefined;
  return (
    <li className={classes} aria-posinset={index + 1} aria-setsize={count}>
      <div className="row-line">
        <ChooseBox name={series.name} isChosen={isChosen} onChoose={onChoose} />
        <MetricName series={series} href={href} index={index} />
        {isWrong ? (
          <Rhythm series={series} now={now} broken={broken} />
        ) : (
          <Change summary={summary} series={series} />
        )}
        <TimeChart series={series} range={range} label={`Chart of ${visible(series.name)}`} />
        <Latest series={series} range={range} summary={summary} now={now} />
        <PinButtons name={series.name} pinning={pinning} />
      </div>
    </li>
  );
});
