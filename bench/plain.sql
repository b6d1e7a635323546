-- The three figures of plain_pandas.py as DuckDB SQL; $messages and $orders are Parquet files.
WITH said AS (
    SELECT shop, buyer, account, sender, ts, CAST(ts AS DATE) AS day, file_row_number AS pos
    FROM read_parquet($messages, file_row_number = true)
    WHERE (sender = 'buyer' AND kind <> 'recall')
       OR (sender = 'agent' AND NOT coalesce(auto, false) AND kind NOT IN ('recall', 'rating_invite'))
),
marked AS (
    SELECT *, lag(sender) OVER reception AS before
    FROM said
    WINDOW reception AS (PARTITION BY shop, buyer, account, day ORDER BY ts, pos)
),
heads AS (
    SELECT shop, buyer, account, day, sender, ts,
           lead(ts) OVER (PARTITION BY shop, buyer, account, day ORDER BY ts, pos) AS reply
    FROM marked
    WHERE before IS NULL OR before <> sender
),
turns AS (
    SELECT shop, buyer, account, day, epoch_ms(reply) - epoch_ms(ts) AS wait FROM heads WHERE sender = 'buyer'
),
waits AS (
    SELECT account, count(wait) AS answered, coalesce(sum(wait), 0) / 1000 AS waited FROM turns GROUP BY account
),
consults AS (
    SELECT account, count(wait) > 0 AS replied FROM turns GROUP BY shop, buyer, account, day
),
replies AS (
    SELECT account, count(*) AS consults, count(*) FILTER (replied) AS replied FROM consults GROUP BY account
),
spoken AS (
    SELECT shop, buyer, account, ts FROM said WHERE sender = 'agent'
),
touched AS (
    SELECT s.account, o.amount - o.postage AS counted
    FROM (SELECT * FROM read_parquet($orders) WHERE paid IS NOT NULL) o
    ASOF JOIN spoken s ON o.shop = s.shop AND o.buyer = s.buyer AND o.paid >= s.ts
    WHERE s.ts >= CAST(o.paid AS DATE) - INTERVAL 1 DAY
),
sales AS (
    SELECT account, count(*) AS orders, sum(counted) AS yuan FROM touched GROUP BY account
)
SELECT account, coalesce(answered, 0) AS answered, coalesce(waited, 0) AS waited, coalesce(consults, 0) AS consults,
       coalesce(replied, 0) AS replied, coalesce(orders, 0) AS orders, coalesce(yuan, 0) AS yuan
FROM waits FULL JOIN replies USING (account) FULL JOIN sales USING (account)
ORDER BY account
