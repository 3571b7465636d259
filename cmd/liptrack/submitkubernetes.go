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
		Long: `Write an Indexed Job with a pod for each shard and create it with kubectl. The claim is mounted at
` + cluster.MountPath + `; CONFIG and DIR are paths within it, and CONFIG is read here too. A pod whose node goes
away, or that is stopped and saved, is begun again without counting as a failure; a shard whose runs
failed is not begun again.`,
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
					"CONFIG and --dir are paths within the claim, and neither %s nor %s may begin with a slash",
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
	flags.StringVar(&k.Image, "image", "", "image that has liptrack as its entry point")
	flags.StringVar(
		&k.Claim,
		"claim",
		"",
		"persistent volume claim with the configuration and the runs",
	)
	flags.StringVar(&k.Namespace, "namespace", "", "namespace (default kubectl's)")
	flags.StringVar(&k.Memory, "mem", "", "memory of a pod, as Kubernetes takes it")
	flags.IntVar(
		&k.Retries,
		"retries",
		2,
		"times that a shard is begun again that ended without saying why",
	)

	return cmd
}
