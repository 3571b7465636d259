package main

import (
	"bytes"
	"fmt"
	"os/exec"
	"path/filepath"

	"github.com/spf13/cobra"

	"github.com/liptrack/liptrack/cluster"
)

func submitKubernetesCommand() *cobra.Command {
	var s submission
	var k cluster.Kubernetes
	cmd := &cobra.Command{
		Use:               "kubernetes CONFIG [key=value …]",
		ValidArgsFunction: completeConfig,
		Short:             "Submit a sweep to Kubernetes as an Indexed Job",
		Long: `Write an Indexed Job with one pod per shard and create it with kubectl. The claim is mounted at
` + cluster.MountPath + `; CONFIG and DIR are paths within it, and CONFIG is also read on this machine. If a pod
loses its node, or is stopped after saving, it is restarted, and that does not count as a failure. A
shard whose runs failed is not restarted.`,
		Example: `  liptrack submit kubernetes configs/demo.yaml --image example.org/liptrack:1 --claim runs --shards 16
  liptrack submit kubernetes configs/demo.yaml --image liptrack:1 --claim runs --dry-run`,
		Args: cobra.MinimumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			j, err := s.job(args)
			if err != nil {
				return err
			}
			if filepath.IsAbs(j.Dir) || filepath.IsAbs(args[0]) {
				return fmt.Errorf(
					"CONFIG and --dir are paths within the claim: neither %s nor %s may begin with a slash",
					args[0],
					j.Dir,
				)
			}
			k.AtOnce = s.atOnce
			manifest, err := k.Manifest(j)
			if err != nil {
				return err
			}
			if s.dryRun {
				_, err := cmd.OutOrStdout().Write(manifest)
				return err
			}
			// kubectl create, unlike apply, does not change a running job of the same name.
			create := exec.CommandContext(cmd.Context(), "kubectl", "create", "-f", "-")
			create.Stdin = bytes.NewReader(manifest)
			create.Stdout, create.Stderr = cmd.OutOrStdout(), cmd.ErrOrStderr()
			if err := create.Run(); err != nil {
				return fmt.Errorf("kubectl create: %w", err)
			}
			return nil
		},
	}

	s.register(cmd)
	flags := cmd.Flags()
	flags.StringVar(&k.Image, "image", "", "image with liptrack as its entry point")
	flags.StringVar(
		&k.Claim,
		"claim",
		"",
		"persistent volume claim with the configuration and the runs",
	)
	flags.StringVar(&k.Namespace, "namespace", "", "namespace (default kubectl's)")
	flags.StringVar(&k.Memory, "mem", "", "memory of a pod, in Kubernetes notation")
	flags.IntVar(
		&k.Retries,
		"retries",
		2,
		"number of restarts of a shard that ended for an unknown reason",
	)

	return cmd
}
