package queue

import (
	"context"
	"encoding/base64"
	"errors"

	"github.com/nats-io/nats.go/jetstream"
)

// parcelStore stores parcels that are too large for a message.
type parcelStore struct {
	objects jetstream.ObjectStore
	stream  jetstream.Stream // stream of the objects
	bucket  string
}

func openParcels(ctx context.Context, js jetstream.JetStream, n names) (parcelStore, error) {
	objects, err := js.ObjectStore(ctx, n.parcels())
	if err != nil {
		return parcelStore{}, err
	}
	stream, err := js.Stream(ctx, "OBJ_"+n.parcels())
	return parcelStore{objects, stream, n.parcels()}, err
}

// put makes a parcel of data, and stores the data under a name if they are large.
func (s parcelStore) put(ctx context.Context, name string, data []byte) (parcel, error) {
	p := parcel{Sum: sumOf(data)}
	if len(data) <= mostInline {
		p.Inline = data
		return p, nil
	}
	p.Object = name
	_, err := s.objects.PutBytes(ctx, name, data)
	return p, err
}

// open returns the data of a parcel. It fails if the checksum does not match.
func (s parcelStore) open(ctx context.Context, p parcel) ([]byte, error) {
	data := p.Inline
	if p.Object != "" {
		var err error
		if data, err = s.objects.GetBytes(ctx, p.Object); err != nil {
			return nil, err
		}
	}
	return data, p.checkData(data)
}

// remove deletes a parcel, including the record of its name that the object store would keep.
func (s parcelStore) remove(ctx context.Context, p parcel) error {
	if p.Object == "" {
		return nil
	}

	err := s.objects.Delete(ctx, p.Object)
	if err != nil && !errors.Is(err, jetstream.ErrObjectNotFound) {
		return err
	}

	// The subject contains the encoded name.
	subject := "$O." + s.bucket + ".M." + base64.URLEncoding.EncodeToString([]byte(p.Object))

	return s.stream.Purge(ctx, jetstream.WithPurgeSubject(subject))
}
