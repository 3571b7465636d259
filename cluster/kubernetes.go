package cluster

import (
	"cmp"
	"errors"
	"fmt"
	"regexp"
	"strings"

	"go.yaml.in/yaml/v3"
)

// Kubernetes is what Kubernetes needs to know of a job.
type Kubernetes struct {
	Image string
	// Claim is a persistent volume claim that has the configuration and gets the runs. It is
	// mounted at MountPath, where the shards are started.
	Claim, Namespace string
	Memory           string // as Kubernetes takes it, "4Gi"; empty for no request
	AtOnce           int    // pods at a time; 0 for all
	// Retries is how many times a shard is begun again that ended without saying that it cannot
	// succeed.
	Retries int
}

// MountPath is where the pods find the claim.
const MountPath = "/work"

// podIndex is the variable that has the number of a pod.
const podIndex = "$(JOB_COMPLETION_INDEX)"

// Manifest writes an Indexed Job of the API batch/v1.
func (k Kubernetes) Manifest(j Job) ([]byte, error) {
	if k.Image == "" || k.Claim == "" {
		return nil, errors.New("an image and a claim are needed: --image, --claim")
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

	volume := map[string]any{"name": "runs", "persistentVolumeClaim": map[string]string{"claimName": k.Claim}}
	pod := map[string]any{
		// podFailurePolicy reads the exit statuses only of pods that are not restarted in place.
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

// podFailureRules say what becomes of a shard: one whose node goes away or that was stopped and
// saved is begun again without counting, one whose runs failed or whose command is wrong is given
// up, and anything else counts as a retry.
var podFailureRules = []any{
	map[string]any{"action": "Ignore", "onPodConditions": []any{
		map[string]string{"type": "DisruptionTarget", "status": "True"},
	}},
	map[string]any{"action": "Ignore", "onExitCodes": map[string]any{"operator": "In", "values": []int{75}}},
	map[string]any{"action": "FailIndex", "onExitCodes": map[string]any{"operator": "In", "values": []int{1, 3}}},
}

// environmentOf lists the settings of the environment.
func environmentOf(j Job) []any {
	list := []any{}
	for _, setting := range j.Environment {
		name, value, _ := strings.Cut(setting, "=")
		// $(NAME) would be replaced.
		list = append(list, map[string]string{"name": name, "value": strings.ReplaceAll(value, "$", "$$")})
	}
	return list
}

var notInNames = regexp.MustCompile(`[^a-z0-9-]+`)

// resourceName makes a name that Kubernetes takes: lower case letters, digits and hyphens, 63 at
// most.
func resourceName(name string) string {
	name = notInNames.ReplaceAllString(strings.ToLower("liptrack-"+name), "-")
	return strings.Trim(name[:min(len(name), 63)], "-")
}
