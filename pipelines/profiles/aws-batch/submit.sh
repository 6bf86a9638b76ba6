#!/usr/bin/env bash
# SUBMIT for ../../objects.sh: the shares of a stage as one array job, a container a share, without a file system.
#
#   QUEUE=my-queue DEFINITION=cladus-share SUBMIT=pipelines/profiles/aws-batch/submit.sh \
#       pipelines/objects.sh s3://bucket/my-run clusters.jsonl
#
# QUEUE        the job queue
# DEFINITION   a job definition (share-definition.json beside this file) whose image has the cladus binaries,
#              cladus-remote among them, and bash in PATH; its role may read and write the bucket, its secrets hold
#              the key of the model
#
# A container that is killed is begun anew, and goes on from the answers that it has put. Needs the AWS command line
# and jq. An array has at least two shares.
set -euo pipefail
name="cladus-$1" shares="$2"
shift 2

overrides="$(jq --null-input --arg run "$RUN_ADDRESS" --arg all "$SHARES_IN_ALL" '{
  command: (["bash", "-c", "CLADUS_SHARE=$((AWS_BATCH_JOB_ARRAY_INDEX + 1)) exec \"$@\"", "share"] + $ARGS.positional),
  environment: [{name: "RUN_ADDRESS", value: $run}, {name: "SHARES_IN_ALL", value: $all}]
}' --args -- "$@")"
job="$(aws batch submit-job --job-name "$name" --job-queue "$QUEUE" --job-definition "$DEFINITION" \
    --array-properties "size=$shares" --container-overrides "$overrides" --query jobId --output text)"

while :; do
    case "$(aws batch describe-jobs --jobs "$job" --query 'jobs[0].status' --output text)" in
        SUCCEEDED) exit 0 ;;
        FAILED)
            echo "job $job ($name) failed: aws batch describe-jobs --jobs $job says why" >&2
            exit 75
            ;;
    esac
    sleep "${LOOK:-10}"
done
