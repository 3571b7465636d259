package config

import (
	"strings"
	"testing"
)

// Every synonym stands for a key and is not a key itself.
func TestSynonymsStandForKeys(t *testing.T) {
	keys := bind(new(Config))
	known := map[string]string{}
	for key, words := range synonyms {
		if keys.Lookup(key) == nil {
			t.Errorf("%v stand for %s, which is no key", words, key)
		}
		for _, word := range words {
			if keys.Lookup(word) != nil {
				t.Errorf("%s is a key", word)
			}
			if other, twice := known[word]; twice {
				t.Errorf("%s stands for %s and %s", word, other, key)
			}
			known[word] = key
		}
	}
}

func TestKeysByMeaning(t *testing.T) {
	for word, want := range map[string]string{
		"train.epochs":             "stop.epochs",
		"epochs":                   "stop.epochs",
		"num_epochs":               "stop.epochs",
		"lr":                       "train.optimizer.lr",
		"train.lr":                 "train.optimizer.lr",
		"learning_rate":            "train.optimizer.lr",
		"optim.lr":                 "train.optimizer.lr",
		"hidden":                   "model.hidden",
		"model.width":              "model.hidden",
		"model.hidden_size":        "model.hidden",
		"batch_size":               "train.batch_size",
		"batch-size":               "train.batch_size",
		"data.batch_size":          "train.batch_size",
		"train.seed":               "seed",
		"dataset":                  "data.name",
		"weight_decay":             "train.optimizer.weight_decay",
		"stop.epoch":               "stop.epochs",
		"track.schedule.evry":      "track.schedule.every",
		"train.optimiser.lr":       "train.optimizer.lr",
		"train.batchsize":          "train.batch_size",
		"LIPTRACK_TRAIN_EPOCHS":    "LIPTRACK_STOP_EPOCHS",
		"LIPTRACK_LR":              "LIPTRACK_TRAIN_OPTIMIZER_LR",
		"LIPTRACK_BATCH_SIZE":      "LIPTRACK_TRAIN_BATCH_SIZE",
		"LIPTRACK_MODEL_HIDDENN":   "LIPTRACK_MODEL_HIDDEN",
		"LIPTRACK_TRAIN_BATCHSIZE": "LIPTRACK_TRAIN_BATCH_SIZE",
	} {
		var o Options
		if strings.HasPrefix(word, environmentPrefix) {
			o.Environment = []string{word + "=1"}
		} else {
			o.Arguments = []string{word + "=1"}
		}

		_, err := Load(write(t, minimal), o)
		if err == nil {
			t.Errorf("%s is known", word)
			continue
		}
		if want != "" && !strings.Contains(err.Error(), "did you mean "+want+"?") {
			t.Errorf("%s: %v; want %s", word, err, want)
		}
	}
}
