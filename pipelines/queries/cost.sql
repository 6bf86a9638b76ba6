-- What asking models came to, by iteration and stage: calls, tokens and money.
SELECT
    coalesce(iteration, 0) AS iteration,
    stage,
    count(*) AS calls,
    sum(prompt_tokens) AS prompt_tokens,
    sum(cached_tokens) AS cached_tokens,
    sum(completion_tokens) AS completion_tokens,
    round(sum(nanodollars) / 1000000000.0, 4) AS dollars
FROM calls
WHERE outcome IN ('answer', 'set aside')
GROUP BY coalesce(iteration, 0), stage
ORDER BY iteration, stage;
