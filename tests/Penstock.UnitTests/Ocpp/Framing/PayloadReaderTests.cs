using System.Text.Json;
using Penstock.Ocpp;
using Penstock.Ocpp.Framing;
using Penstock.Ocpp.V21;
using Penstock.Ocpp.V21.V2x;

namespace Penstock.UnitTests.Ocpp.Framing;

public sealed class PayloadReaderTests
{
    [Theory]
    [InlineData("""{"reason":"PowerUp"}""", OcppError.OccurrenceConstraintViolation, "")]
    [InlineData("""{"reason":"Bored","chargingStation":{"model":"M","vendorName":"V"}}""", OcppError.TypeConstraintViolation, "/reason")]
    [InlineData("""{"reason":"PowerUp","chargingStation":{"model":5,"vendorName":"V"}}""", OcppError.TypeConstraintViolation, "/chargingStation/model")]
    [InlineData("""{"reason":"PowerUp","chargingStation":{"model":"123456789012345678901","vendorName":"V"}}""", OcppError.PropertyConstraintViolation, "/chargingStation/model")]
    public void A_broken_payload_names_where_and_what(string json, string code, string pointer)
    {
        var (message, violation) = PayloadReader.Read<BootNotificationRequest>(JsonDocument.Parse(json).RootElement);
        Assert.Null(message);
        Assert.Equal((code, pointer), (violation!.Code, violation.Pointer));
    }

    [Theory]
    [InlineData("""{"idTag":null}""", "idTag")]
    public void A_required_member_that_is_null_is_missing(string json, string member)
    {
        var violation = PayloadReader.Read<Penstock.Ocpp.V16.AuthorizeRequest>(JsonDocument.Parse(json).RootElement).Violation;
        Assert.Equal((OcppError.TypeConstraintViolation, "/" + member), (violation!.Code, violation.Pointer));
    }

    [Fact]
    public void Null_in_a_list_is_no_value()
    {
        var violation = PayloadReader.Read<MeterValuesRequest>(JsonDocument.Parse("""{"evseId":1,"meterValue":[null]}""").RootElement).Violation;
        Assert.Equal((OcppError.TypeConstraintViolation, "/meterValue/0"), (violation!.Code, violation.Pointer));
        Assert.Equal("/key/1", PayloadReader.Read<Penstock.Ocpp.V16.GetConfigurationRequest>(JsonDocument.Parse("""{"key":["a",null]}""").RootElement).Violation!.Pointer);
    }

    [Fact]
    public void A_central_setpoint_profile_carries_setpoint_and_dead_man_and_no_limit()
    {
        var request = new SetChargingProfileRequest { EvseId = 3, ChargingProfile = V2xProfile.CentralSetpoint(3, "t1", -22_800m, 300) };
        Assert.Null(request.Check());
        Assert.Equal(
            """{"evseId":3,"chargingProfile":{"id":1003,"stackLevel":1,"chargingProfilePurpose":"TxProfile","chargingProfileKind":"Dynamic","transactionId":"t1","maxOfflineDuration":300,"chargingSchedule":[{"id":2,"duration":300,"chargingRateUnit":"W","chargingSchedulePeriod":[{"startPeriod":0,"setpoint":-22800,"operationMode":"CentralSetpoint"}]}],"invalidAfterOfflineDuration":true}}""",
            JsonSerializer.Serialize(request, SetChargingProfileRequest.TypeInfo));
    }
}
