SELECT iteration, stage, model,
  count(iif(fate <> 'unsent', 1, NULL)) AS calls,
  count(iif(fate = 'answer', 1, NULL)) AS answers,
  count(iif(fate = 'failed', 1, NULL)) AS failed,
  count(iif(fate = 'maybe', 1, NULL)) AS maybe_paid,
  count(iif(fate = 'unsent', 1, NULL)) AS never_sent,
  coalesce(sum(prompt_tokens), 0) AS prompt_tokens,
  coalesce(sum(cached_tokens), 0) AS cached_tokens,
  coalesce(sum(completion_tokens), 0) AS completion_tokens,
  coalesce(sum(iif(fate = 'answer', cost, 0)), 0) AS nanodollars,
  coalesce(sum(iif(fate = 'maybe', cost, 0)), 0) AS maybe_nanodollars,
  count(iif(fate IN ('answer', 'maybe') AND cost IS NULL, 1, NULL)) AS unpriced,
  coalesce(sum(submitted), 0) AS submitted
FROM (FATES) WHERE ?1 IS NULL OR run = ?1
GROUP BY iteration, stage, model ORDER BY iteration, stage, model
