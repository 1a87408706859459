using CsCheck;
using Penstock.Cli.Quirks;
using Penstock.Server.Capability;
using Penstock.Server.Gateway;
using Penstock.UnitTests.Ocpp;

namespace Penstock.UnitTests.Server.Capability;

public sealed class QuirkFileTests
{
    private static string Shipped => Path.Combine(Schemas.Checkout(), "src", "Penstock.Server", "quirks");

    [Fact]
    public void Every_shipped_file_is_without_a_fault_and_says_where_it_is_known_from()
    {
        var files = Directory.GetFiles(Shipped, "*.json");
        Assert.True(files.Length >= 8);
        Assert.All(files, f => Assert.True(QuirkFile.Read(f) is ({ Source.Length: > 10, Example: true }, []), f));
    }

    [Fact]
    public void All_faults_are_told_at_once_with_path_value_and_what_was_expected()
    {
        var (profile, faults) = QuirkFile.Parse("x.json",
            """{"match": {"vendor": 5, "protocols": ["ocpp9"]}, "rateUnit": "kW", "phases": 4, "stackLevel": 1.5, "negativeLimits": "yes", "voltageV": 1e9, "colour": 1, "phases": 3, "configuration": {"A": 1}}""");
        Assert.Null(profile);
        string[] beginnings =
        [
            "x.json: /match/vendor: 5; a text of 1 to 200 characters was expected",
            "x.json: /match/protocols: [\"ocpp9\"]; an array of ocpp2.1, ocpp2.0.1, ocpp1.6 was expected",
            "x.json: /rateUnit: \"kW\"; \"W\" or \"A\" was expected",
            "x.json: /phases: 4; a whole number from 1 to 3 was expected",
            "x.json: /stackLevel: 1.5; a whole number from 0 to 1000 was expected",
            "x.json: /negativeLimits: \"yes\"; true or false was expected",
            "x.json: /voltageV: 1e9; a number from 50 to 1000 was expected",
            "x.json: /colour: an unknown field; one of ",
            "x.json: /phases: told twice; once was expected",
            "x.json: /configuration: {\"A\": 1}; an object of at most 20 texts",
            "x.json: /source: missing; a text that says where the quirk is known from was expected",
        ];
        Assert.Equal(beginnings.Length, faults.Count);
        Assert.All(faults.Zip(beginnings), f => Assert.StartsWith(f.Second, f.First, StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("")]
    [InlineData("[]")]
    [InlineData("null")]
    [InlineData("{\"match\": ")]
    [InlineData("{\"match\": [], \"source\": \"s\"}")]
    [InlineData("{\"match\": {}, \"source\": \"s\"}")]
    [InlineData("{\"source\": \"s\", \"negativeLimits\": true}")]
    public void A_file_that_names_no_model_or_is_no_object_is_refused(string text) => Assert.NotEmpty(QuirkFile.Parse("x.json", text).Faults);

    [Theory]
    [InlineData("""{"vendorId": "v", "data": "p={watts}"}""", "/dataTransfer/data: without {seconds} the station would discharge on")]
    [InlineData("""{"vendorId": "v", "data": {"t": "{seconds}"}}""", "/dataTransfer/data: carries no power; at least one of {watts}")]
    [InlineData("""{"vendorId": "v", "data": "{watts} {seconds} {volts}"}""", "/dataTransfer/data: {volts} is no placeholder; one of {watts}, ")]
    [InlineData("""{"data": "{watts} {seconds}"}""", "/dataTransfer/vendorId: missing")]
    [InlineData("""{"vendorId": "v", "data": 5}""", "/dataTransfer/data: 5; a text or an object of at most 2000 characters was expected")]
    [InlineData("""{"vendorId": "v", "data": "{watts}", "lapsesAfterSeconds": 60}""", "/dataTransfer/lapsesAfterSeconds: 60; a whole number from 150 to 900 was expected")]
    [InlineData("""{"vendorId": "v", "data": "{watts}{seconds}"}, "negativeLimits": true""", "/negativeLimits: told beside dataTransfer")]
    [InlineData("\"{watts}\"", "/dataTransfer: \"{watts}\"; an object of vendorId, messageId, data, lapsesAfterSeconds was expected")]
    public void A_template_that_cannot_command_or_never_ends_a_discharge_is_a_fault(string template, string fault) =>
        Assert.Contains("x.json: " + fault, Assert.Single(QuirkFile.Parse("x.json", $$"""{"match": {"vendor": "V"}, "source": "t", "dataTransfer": {{template}}}""").Faults), StringComparison.Ordinal);

    [Theory]
    [InlineData("\"P={watts};-{dischargeWatts};{kilowatts};{amperes};{connector};{seconds};{transaction}\"", "P=-7000;-7000;-7;-10.1;2;300;T\"1")]
    [InlineData("""{"p":"{watts}","on":"{connector}","to":"{transaction}","text":"{seconds} s"}""", """{"p":-7000,"on":2,"to":"T\u00221","text":"300 s"}""")]
    [InlineData("\"{\\\"p\\\":\\\"{watts}\\\"}\"", "{\"p\":\"-7000\"}")]
    public void Placeholders_are_filled_and_numbers_of_an_object_are_numbers(string data, string filled)
    {
        var profile = QuirkFile.Parse("x.json", $$$"""{"match": {"vendor": "V"}, "source": "t", "dataTransfer": {"vendorId": "v", "lapsesAfterSeconds": 300, "data": {{{data}}}}}""").Profile!;
        Assert.Equal(filled, profile.DataTransfer!.Filled(new LimitAsk(2, "T\"1", -7000.9m, 300), profile));
    }

    [Fact]
    public void No_text_makes_it_throw() => Gen.String.Sample(text => QuirkFile.Parse("x.json", text) is var (profile, faults) && (profile is null) == (faults.Count > 0));

    [Fact]
    public void The_reference_page_lists_every_field_and_no_other()
    {
        var page = File.ReadAllLines(Path.Combine(Schemas.Checkout(), "docs", "reference", "quirks.md"));
        var listed = page.Where(l => l.StartsWith("| `", StringComparison.Ordinal)).Select(l => l.Split('`')[1]).Order(StringComparer.Ordinal);
        Assert.Equal(QuirkFields.All.Select(f => f.Name).Concat(QuirkFields.Parts.SelectMany(p => p.Fields.Select(f => $"{p.Name}.{f.Name}"))).Order(StringComparer.Ordinal), listed);
    }

    [Fact]
    public void The_command_tells_faults_and_ends_with_3()
    {
        var folder = Directory.CreateTempSubdirectory("penstock-quirks-");
        try
        {
            var (good, bad, output, error) = (Path.Combine(folder.FullName, "a.json"), Path.Combine(folder.FullName, "b.json"), new StringWriter(), new StringWriter());
            File.WriteAllText(good, """{"match": {"vendor": "V"}, "source": "a test"}""");
            Assert.Equal(0, QuirksCommand.Run([good], output, error));
            File.WriteAllText(bad, """{"match": {"vendor": "V"}, "source": "a test", "stackLevel": -1}""");
            Assert.Equal(3, QuirksCommand.Run([folder.FullName, Path.Combine(folder.FullName, "none.json")], output, error));
            Assert.Contains("b.json: /stackLevel: -1; a whole number from 0 to 1000 was expected", error.ToString(), StringComparison.Ordinal);
            Assert.Contains("there is no such file", error.ToString(), StringComparison.Ordinal);
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }
}
