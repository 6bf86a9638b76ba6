# Every line that says something is a candidate, offered to every group.
select(test("\\S") and (startswith("#") | not)) | { group_id: null, name: . }
