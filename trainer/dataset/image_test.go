package dataset

import "testing"

// torchTolerance is the tolerance for greyscale and resizing, which PyTorch computes in float32.
const torchTolerance = 1e-7

// The expected numbers come from PyTorch 1.13: torchvision's greyscale weights, then
// torch.nn.functional.interpolate(mode="bilinear", align_corners=False).
func TestImagesGreyAndResized(t *testing.T) {
	colour := images{n: 1, channels: 3, height: 4, width: 4}
	for i := range 48 {
		colour.bytes = append(colour.bytes, byte(5*i))
	}
	wide := images{n: 1, channels: 1, height: 4, width: 5}
	for i := range 20 {
		wide.bytes = append(wide.bytes, byte(13*i))
	}
	for _, c := range []struct {
		name string
		m    images
		o    Options
		want []float64
	}{
		{"grey", colour, Options{Greyscale: true}, []float64{
			0.25568628311157227, 0.27529215812683105, 0.29489803314208984, 0.314503937959671,
			0.3341098129749298, 0.3537156879901886, 0.3733215928077698, 0.39292746782302856,
			0.41253334283828735, 0.43213924765586853, 0.4517451226711273, 0.4713509976863861,
			0.4909568727016449, 0.5105627775192261, 0.5301686525344849, 0.5497745871543884}},
		{"halved", colour, Options{Greyscale: true, Resize: 2}, []float64{
			0.30470098555088043, 0.3439127579331398, 0.4615480601787567, 0.5007598400115967}},
		{"one pixel", colour, Options{Greyscale: true, Resize: 1}, []float64{0.40273041278123856}},
		{"enlarged", colour, Options{Greyscale: true, Resize: 6}, []float64{
			0.25568628311157227, 0.26548922061920166, 0.2785598039627075, 0.2916303873062134, 0.30470098555088043, 0.314503937959671,
			0.29489804804325104, 0.30470098555088043, 0.3177715713779131, 0.33084216465552646, 0.3439127579331398, 0.35371570289134974,
			0.3471804012854894, 0.3569833412766456, 0.3700539312428898, 0.3831245311432414, 0.3961951186259588, 0.40599805613358814,
			0.3994627545277278, 0.40926570445299143, 0.42233630104197395, 0.435406887696849, 0.4484774718681971, 0.4582804093758265,
			0.4517451077699661, 0.4615480601787567, 0.47461865842342377, 0.4876892417669296, 0.5007598400115967, 0.5105627924203873,
			0.4909568727016449, 0.5007598251104355, 0.5138304233551025, 0.5269010066986084, 0.5399716198444366, 0.5497745871543884}},
		{"not square", wide, Options{Resize: 3}, []float64{
			0.05947712418300653, 0.14444444444444443, 0.22941176470588234,
			0.39934640522875814, 0.48431372549019613, 0.569281045751634,
			0.7392156862745097, 0.8241830065359477, 0.9091503267973856}},
	} {
		x, err := c.m.features(c.o)
		if err != nil {
			t.Fatalf("%s: %v", c.name, err)
		}
		checkNear(t, c.name, x.RawRowView(0), c.want, torchTolerance)
	}
}

// Each channel of a resized colour picture is resized independently.
func TestImagesResizeEachChannel(t *testing.T) {
	const side = 7
	colour := images{n: 2, channels: 3, height: side, width: side}
	for i := range 2 * 3 * side * side {
		colour.bytes = append(colour.bytes, byte(i*i))
	}
	planes := images{n: 6, channels: 1, height: side, width: side, bytes: colour.bytes}
	for _, n := range []int{0, 2, 7, 11} {
		together, err := colour.features(Options{Resize: n})
		if err != nil {
			t.Fatal(err)
		}
		apart, err := planes.features(Options{Resize: n})
		if err != nil {
			t.Fatal(err)
		}
		checkNear(t, "planes", together.RawMatrix().Data, apart.RawMatrix().Data, 0)
	}
}

func TestImagesRefuseToFillMemory(t *testing.T) {
	m := images{n: 60000, channels: 1, height: 28, width: 28}
	_, err := m.features(Options{Resize: maxImageSide})
	checkError(t, err, "60000", "1024×1024", "8 GiB")
}
