#!/bin/sh
# make beyond: draws the pictures of docs/beyond. Finished runs in runs/ (or in $RUNS) are not
# repeated.
set -eu
cd "$(dirname "$0")/.."
liptrack=bin/liptrack
runs=${RUNS:-runs}
pictures=$(mktemp -d)
trap 'rm -rf "$pictures"' EXIT

# runs CONFIG [FLAG]: does the runs of a sweep that are not finished yet.
runs() { "$liptrack" sweep "$@" --dir "$runs" --quiet >/dev/null; }

# picture EXPERIMENT FILE CHART [SWEEP]: draws a chart of an experiment's report to
# docs/beyond/FILE.svg.
picture() {
	"$liptrack" report "$runs/$1" --svg "$pictures" ${4:+--sweep "$4"} >/dev/null
	cp "$pictures/$3.svg" "docs/beyond/$2.svg"
}

for name in double-descent double-descent-mse label-noise learning-rate batch-size; do
	runs "configs/paper/$name.yaml" --quick
done
for name in misclassified-functions singular-drift width-depth adversarial-training; do
	runs "configs/beyond/$name.yaml"
done

for name in width residual dense; do
	runs "configs/conv/$name.yaml" 'sweep.seeds=[42,43,44]'
done

mkdir -p docs/beyond
picture double-descent-quick certified-cross-entropy final-bounds
picture double-descent-mse-quick certified-square-loss final-bounds
picture double-descent-quick certified-epochs sweep-upper_best-epoch-hidden upper_best,epoch,hidden
picture misclassified-functions misclassified-logits sweep-jacobian_mean-on-epoch-hidden-panels 'jacobian_mean[on=*],epoch,hidden,panels'
picture misclassified-functions misclassified-softmax sweep-jacobian_mean-of-softmax-on-epoch-hidden-panels 'jacobian_mean[of=softmax,on=*],epoch,hidden,panels'
picture learning-rate-quick learning-rate sweep-lower_bound-epoch-lr lower_bound,epoch,lr
picture batch-size-quick batch-size sweep-lower_bound-updates-batch_size lower_bound,updates,batch_size
picture label-noise-quick label-noise-map sweep-lower_bound-hidden-label_noise-map lower_bound,hidden,label_noise,map
picture label-noise-quick label-noise sweep-lower_bound-hidden-label_noise lower_bound,hidden,label_noise
picture singular-drift drift sweep-singular_drift-layer-epoch-batch_size-panels 'singular_drift[layer=*],epoch,batch_size,panels'
picture singular-drift noise sweep-singular_noise-layer-epoch-batch_size-panels 'singular_noise[layer=*],epoch,batch_size,panels'
picture adversarial-training adversarial-training final-bounds
picture conv-width convolution sweep-certified_bound-parameters-label_noise certified_bound,parameters,label_noise
picture conv-residual residual sweep-certified_bound-parameters-label_noise certified_bound,parameters,label_noise
du -ch docs/beyond/*.svg | tail -n 1
