#!/usr/bin/env bash
# SUBMIT for ../../objects.sh: the shares of a stage as one indexed job, a pod a share, without a volume.
#
#   IMAGE=registry.example.com/cladus:latest SECRET=cladus SUBMIT=pipelines/profiles/kubernetes/submit.sh \
#       pipelines/objects.sh s3://bucket/my-run clusters.jsonl
#
# IMAGE    has the cladus binaries, cladus-remote among them, and bash in PATH
# SECRET   a secret whose keys become environment variables: AWS_…, OPENAI_API_KEY
# CPU      cores of a pod [2]
# MEMORY   memory of a pod [2Gi]
#
# A pod that is evicted or killed is begun anew, and goes on from the answers that it has put. What a second attempt
# cannot mend (exit codes 2, 3, 6, 8) ends the job. Needs kubectl, jq, and Kubernetes 1.29 or later.
set -euo pipefail
name="cladus-$1-$(date +%s)" shares="$2"
shift 2

jq --null-input \
    --arg name "$name" --argjson shares "$shares" --arg image "$IMAGE" --arg secret "$SECRET" \
    --arg cpu "${CPU:-2}" --arg memory "${MEMORY:-2Gi}" \
    --arg run "$RUN_ADDRESS" --arg all "$SHARES_IN_ALL" '{
  apiVersion: "batch/v1",
  kind: "Job",
  metadata: {name: $name},
  spec: {
    completionMode: "Indexed", completions: $shares, parallelism: $shares,
    backoffLimitPerIndex: 3,
    podFailurePolicy: {rules: [
      {action: "FailJob", onExitCodes: {operator: "In", values: [2, 3, 6, 8]}},
      {action: "Ignore", onPodConditions: [{type: "DisruptionTarget"}]}
    ]},
    ttlSecondsAfterFinished: 86400,
    template: {spec: {
      restartPolicy: "Never",
      # Calls in flight are waited for, and their answers put.
      terminationGracePeriodSeconds: 120,
      containers: [{
        name: "share",
        image: $image,
        command: (["bash", "-c", "CLADUS_SHARE=$((JOB_COMPLETION_INDEX + 1)) exec \"$@\"", "share"] + $ARGS.positional),
        env: [{name: "RUN_ADDRESS", value: $run}, {name: "SHARES_IN_ALL", value: $all}],
        envFrom: [{secretRef: {name: $secret}}],
        resources: {requests: {cpu: $cpu, memory: $memory}, limits: {memory: $memory}}
      }]
    }}
  }
}' --args -- "$@" | kubectl create --filename -

while :; do
    case " $(kubectl get job "$name" --output 'jsonpath={.status.conditions[*].type}') " in
        *' Complete '*) exit 0 ;;
        *' Failed '*)
            echo "job $name failed: kubectl logs --selector job-name=$name says why" >&2
            exit 75
            ;;
    esac
    sleep "${LOOK:-10}"
done
