SELECT run, coalesce(iteration, 0) AS iteration, stage, model, prompt_tokens, cached_tokens,
  completion_tokens,
  CASE
    WHEN outcome IN ('answer', 'set aside') THEN 'answer'
    WHEN outcome IN ('pending', 'submitted', 'received', 'unknown', 'not a reply') THEN 'maybe'
    WHEN outcome = 'never sent' THEN 'unsent'
    ELSE 'failed'
  END AS fate,
  CASE WHEN outcome IN ('answer', 'set aside') THEN coalesce(prompt_tokens, expected_prompt_tokens)
    + coalesce(completion_tokens, max_tokens) ELSE expected_prompt_tokens + max_tokens END AS tokens,
  coalesce(nanodollars, expected_nanodollars) AS cost, outcome = 'submitted' AS submitted
FROM calls
