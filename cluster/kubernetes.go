package cluster

import (
	"cmp"
	"errors"
	"fmt"
	"regexp"
	"strings"

	"go.yaml.in/yaml/v3"
)

// Kubernetes holds the settings for a job on Kubernetes.
type Kubernetes struct {
	Image string
	// Claim is a persistent volume claim with the configuration, to which the runs are written. It
	// is mounted at MountPath, where the shards start.
	Claim, Namespace string
	Memory           string // in Kubernetes notation, "4Gi"; empty for no request
	AtOnce           int    // pods at a time; 0 for all
	// Retries is how often a shard is restarted if its exit status does not rule out success.
	Retries int
}

// MountPath is where the claim is mounted in the pods.
const MountPath = "/work"

// podIndex expands to the index of a pod.
const podIndex = "$(JOB_COMPLETION_INDEX)"

// Manifest returns the YAML of an Indexed Job of the API batch/v1. It fails if the image or the
// claim is missing.
func (k Kubernetes) Manifest(j Job) ([]byte, error) {
	if k.Image == "" || k.Claim == "" {
		return nil, errors.New("Kubernetes needs an image and a claim: give --image and --claim")
	}

	resources := map[string]string{"cpu": fmt.Sprint(j.CPUs)}
	if k.Memory != "" {
		resources["memory"] = k.Memory
	}

	container := map[string]any{
		"name": "liptrack", "image": k.Image, "args": j.shard(podIndex)[1:], "workingDir": MountPath,
		"env":          environmentOf(j),
		"resources":    map[string]any{"requests": resources, "limits": resources},
		"volumeMounts": []any{map[string]string{"name": "runs", "mountPath": MountPath}},
	}

	volume := map[string]any{
		"name":                  "runs",
		"persistentVolumeClaim": map[string]string{"claimName": k.Claim},
	}
	pod := map[string]any{
		// podFailurePolicy only considers pods that are not restarted in place.
		"restartPolicy": "Never", "terminationGracePeriodSeconds": 30,
		"containers": []any{container},
		"volumes":    []any{volume},
	}

	metadata := map[string]string{"name": resourceName(j.Name)}
	if k.Namespace != "" {
		metadata["namespace"] = k.Namespace
	}

	// Without a limit all shards run at once, as far as the cluster has room.
	atOnce := min(cmp.Or(k.AtOnce, j.Shards), j.Shards)

	return yaml.Marshal(map[string]any{
		"apiVersion": "batch/v1", "kind": "Job", "metadata": metadata,
		"spec": map[string]any{
			"completionMode": "Indexed", "completions": j.Shards, "parallelism": atOnce,
			"backoffLimitPerIndex": k.Retries, "maxFailedIndexes": j.Shards,
			"podFailurePolicy": map[string]any{"rules": podFailureRules},
			"template":         map[string]any{"spec": pod},
		},
	})
}

// podFailureRules decide what happens to a shard that fails. It is restarted without counting as a
// retry if its node disappeared or if it was stopped and saved. It is given up if its runs failed
// or its command is wrong. Anything else counts as a retry.
var podFailureRules = []any{
	map[string]any{"action": "Ignore", "onPodConditions": []any{
		map[string]string{"type": "DisruptionTarget", "status": "True"},
	}},
	map[string]any{
		"action":      "Ignore",
		"onExitCodes": map[string]any{"operator": "In", "values": []int{75}},
	},
	map[string]any{
		"action":      "FailIndex",
		"onExitCodes": map[string]any{"operator": "In", "values": []int{1, 3}},
	},
}

// environmentOf returns the environment variables of a job as a manifest lists them.
func environmentOf(j Job) []any {
	list := []any{}
	for _, setting := range j.Environment {
		name, value, _ := strings.Cut(setting, "=")
		// Kubernetes would expand $(NAME).
		list = append(
			list,
			map[string]string{"name": name, "value": strings.ReplaceAll(value, "$", "$$")},
		)
	}
	return list
}

var notInNames = regexp.MustCompile(`[^a-z0-9-]+`)

// resourceName returns a valid Kubernetes name: lower-case letters, digits and hyphens, at most 63.
func resourceName(name string) string {
	name = notInNames.ReplaceAllString(strings.ToLower("liptrack-"+name), "-")
	return strings.Trim(name[:min(len(name), 63)], "-")
}
